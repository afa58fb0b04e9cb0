data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition

  # The policies are the files of ../iam, so that what is tested is what is applied.
  iam = {
    for name in ["base", "exec", "exec-boundary", "exec-type", "exec-refresh", "exec-balancing"] :
    name => replace(replace(replace(
      file("${path.module}/../iam/${name}.json"),
      "REGION", var.region),
      "ACCOUNT", local.account),
      "arn:aws:", "arn:${local.partition}:"
    )
  }

  options = toset(concat(
    var.allow_type_change ? ["exec-type"] : [],
    var.allow_instance_refresh ? ["exec-refresh"] : [],
    var.allow_load_balancing ? ["exec-balancing"] : [],
  ))

  documents = fileset("${path.module}/../ssm", "*.yaml")

  create_bot_role = var.bot_role_name == null
  bot_role_name   = local.create_bot_role ? aws_iam_role.bot[0].name : var.bot_role_name
  bot_role_arn    = local.create_bot_role ? aws_iam_role.bot[0].arn : data.aws_iam_role.bot[0].arn
}

data "aws_iam_role" "bot" {
  count = local.create_bot_role ? 0 : 1
  name  = var.bot_role_name
}

# The role under which the bot runs: it reads, and assumes the exec role for each approved plan.
resource "aws_iam_role" "bot" {
  count = local.create_bot_role ? 1 : 0
  name  = "smartcloudops"
  tags  = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ec2.amazonaws.com" }
    }]
  })
}

resource "aws_iam_instance_profile" "bot" {
  count = local.create_bot_role ? 1 : 0
  name  = "smartcloudops"
  role  = aws_iam_role.bot[0].name
  tags  = var.tags
}

resource "aws_iam_role_policy" "bot" {
  name   = "smartcloudops-base"
  role   = local.bot_role_name
  policy = local.iam["base"]
}

resource "aws_iam_role_policy" "models" {
  count = var.model_bucket == null ? 0 : 1
  name  = "smartcloudops-models"
  role  = local.bot_role_name

  policy = replace(replace(replace(
    file("${path.module}/../iam/models.json"),
    "BUCKET", var.model_bucket),
    "PREFIX", var.model_prefix),
    "arn:aws:", "arn:${local.partition}:"
  )
}

# The role under which plans act; its name is fixed because ../iam/base.json names it.
resource "aws_iam_policy" "boundary" {
  name   = "smartcloudops-exec-boundary"
  policy = local.iam["exec-boundary"]
  tags   = var.tags
}

resource "aws_iam_role" "exec" {
  name                 = "smartcloudops-exec"
  permissions_boundary = aws_iam_policy.boundary.arn
  max_session_duration = 3600
  tags                 = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "OnlyTheBotAndOnlyUnderThePlansName"
        Effect    = "Allow"
        Action    = "sts:AssumeRole"
        Principal = { AWS = local.bot_role_arn }
        Condition = { StringLike = { "sts:RoleSessionName" = ["exec-plan-*", "check-i-*"] } }
      },
      {
        Sid       = "WithTheApproverAsSource"
        Effect    = "Allow"
        Action    = "sts:SetSourceIdentity"
        Principal = { AWS = local.bot_role_arn }
      },
    ]
  })
}

resource "aws_iam_role_policy" "exec" {
  name   = "smartcloudops-exec"
  role   = aws_iam_role.exec.name
  policy = local.iam["exec"]
}

resource "aws_iam_role_policy" "option" {
  for_each = local.options

  name   = "smartcloudops-${each.key}"
  role   = aws_iam_role.exec.name
  policy = local.iam[each.key]
}

# What the bot can run on an instance: these documents and no other.
resource "aws_ssm_document" "ours" {
  for_each = local.documents

  name            = trimsuffix(each.key, ".yaml")
  document_type   = "Command"
  document_format = "YAML"
  target_type     = "/AWS::EC2::Instance"
  content         = file("${path.module}/../ssm/${each.key}")
  tags            = var.tags
}
