"""Adapters to AWS services other than DynamoDB. With `gatepost.storage` the only code that knows boto3."""
