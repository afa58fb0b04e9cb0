variable "region" {
  description = "Region of the instances: the bot acts in this one only"
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]+$", var.region))
    error_message = "Name a region such as eu-central-1."
  }
}

variable "bot_role_name" {
  description = "Name of an existing role under which the bot runs; null: a role and an instance profile are created"
  type        = string
  default     = null
}

variable "allow_type_change" {
  description = "Whether plans may change the type of managed instances"
  type        = bool
  default     = false
}

variable "allow_instance_refresh" {
  description = "Whether plans may start an instance refresh of managed groups"
  type        = bool
  default     = false
}

variable "allow_load_balancing" {
  description = "Whether plans may take targets out of managed target groups and put them back"
  type        = bool
  default     = false
}

variable "model_bucket" {
  description = "S3 bucket that keeps the models (SMARTCLOUDOPS_MODEL_BUCKET); null: none"
  type        = string
  default     = null
}

variable "model_prefix" {
  description = "What the keys of the models begin with (SMARTCLOUDOPS_MODEL_PREFIX)"
  type        = string
  default     = ""
}

variable "tags" {
  description = "Tags of everything that is created here"
  type        = map(string)
  default     = {}
}
