output "exec_role_arn" {
  description = "Value of SMARTCLOUDOPS_EXEC_ROLE_ARN"
  value       = aws_iam_role.exec.arn
}

output "bot_role_arn" {
  description = "The role under which the bot must run"
  value       = local.bot_role_arn
}

output "instance_profile" {
  description = "Instance profile for the machine of the bot; null where an existing role is used"
  value       = local.create_bot_role ? aws_iam_instance_profile.bot[0].name : null
}

output "documents" {
  description = "The SSM documents that the bot may run"
  value       = sort([for document in aws_ssm_document.ours : document.name])
}
