output "delivery_queue_url" {
  description = "Where the shop posts parcels: DELIVERY_QUEUE_URL."
  value       = aws_sqs_queue.delivery.url
}

output "delivery_queue_arn" {
  description = "The queue of posted parcels."
  value       = aws_sqs_queue.delivery.arn
}

output "delivery_queue_name" {
  description = "How CloudWatch names the queue."
  value       = aws_sqs_queue.delivery.name
}

output "delivery_dlq_name" {
  description = "How CloudWatch names the queue of what could not be told."
  value       = aws_sqs_queue.laid_aside.name
}

output "delivery_dlq_arn" {
  description = "The queue of what could not be told."
  value       = aws_sqs_queue.laid_aside.arn
}

output "delivery_function_name" {
  description = "The delivery Lambda."
  value       = aws_lambda_function.delivery.function_name
}

output "delivery_function_arn" {
  description = "The delivery Lambda."
  value       = aws_lambda_function.delivery.arn
}

output "events_topic_arn" {
  description = "News of orders and stock for other systems."
  value       = aws_sns_topic.shop.arn
}
