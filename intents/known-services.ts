/** Words that are services wherever they stand; any other word may be one before "on TARGET". */
const knownServices = new Set(
  (
    "nginx apache apache2 httpd caddy haproxy envoy traefik varnish redis memcached postgres postgresql mysql mysqld " +
    "mariadb mongo mongod mongodb elasticsearch kafka zookeeper rabbitmq docker dockerd containerd kubelet php-fpm " +
    "tomcat jenkins gunicorn uwsgi celery sidekiq puma unicorn cron crond sshd rsyslog systemd-resolved consul vault " +
    "etcd grafana prometheus node_exporter logstash fluentd app"
  ).split(" "),
);

/** Whether a lower-case word is the name of a service wherever it stands. */
export function isKnownService(word: string): boolean {
  return knownServices.has(word);
}
