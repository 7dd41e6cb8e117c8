// Gives each request the id under which CloudFront itself logs it (x-edge-request-id), so that
// one id leads from the edge's log through the shop's to jobs and mails. What a viewer sent
// under this name is overwritten, and a trace of the viewer's own goes: the balancer would keep it.
function handler(event) {
    var request = event.request;
    request.headers['x-request-id'] = { value: event.context.requestId };
    delete request.headers['x-amzn-trace-id'];
    return request;
}
