/** The SSM documents of `infra/deploy/ssm`: the bot runs no other. */
export const ourDocuments = [
  "SmartCloudOps-RestartService",
  "SmartCloudOps-CleanDisk",
  "SmartCloudOps-Diagnostics",
  "SmartCloudOps-TailLogs",
] as const;
