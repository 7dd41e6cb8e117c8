output "vpc_id" {
  description = "The network's id."
  value       = aws_vpc.this.id
}

output "vpc_cidr" {
  description = "The network's addresses."
  value       = aws_vpc.this.cidr_block
}

output "public_subnet_ids" {
  description = "Subnets with a way in from the internet, in the order of their zones: NAT, and a public load balancer."
  value       = [for number in range(var.az_count) : aws_subnet.this["public-${number}"].id]
}

output "app_subnet_ids" {
  description = "Subnets whose only way out is NAT: tasks, the internal load balancer, interface endpoints."
  value       = [for number in range(var.az_count) : aws_subnet.this["app-${number}"].id]
}

output "data_subnet_ids" {
  description = "Subnets with no way out: database and cache."
  value       = [for number in range(var.az_count) : aws_subnet.this["data-${number}"].id]
}

output "zones" {
  description = "The availability zones in use."
  value       = local.zones
}

output "nat_count" {
  description = "How many NAT gateways there are."
  value       = length(aws_nat_gateway.this)
}

output "flow_log_group_arn" {
  description = "The log group of refused connections."
  value       = aws_cloudwatch_log_group.flow.arn
}
