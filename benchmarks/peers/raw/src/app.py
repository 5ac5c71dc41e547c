"""The least that a function can be."""


def handler(event, context):
    return {"statusCode": 200}
