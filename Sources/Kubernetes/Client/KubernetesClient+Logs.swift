// SPDX-License-Identifier: Apache-2.0

internal import Transport

extension KubernetesClient {
    private static var maximumLogBytes: Int { 64 << 10 }
    private static var maximumLineBytes: Int { 2 << 10 }

    /// The last lines of a container, oldest first; none where it has not started, or has no earlier run to tell of.
    /// Long lines are cut. What a program prints may be secret: the caller decides where it goes.
    package func podLog(
        namespace: String, pod: String, container: String, previous: Bool, tailLines: Int
    ) async throws(KubernetesError) -> [String] {
        let pods = APIResource(group: "", version: "v1", kind: "Pod", plural: "pods", isNamespaced: true)
        let subject = subject("read the log of", pods, namespace: namespace, name: pod)
        let path = try RequestBuilder.path(
            pods, namespace: namespace, name: pod, subresource: "log", subject: subject)
        var query = RequestBuilder.Query()
        query.add("container", container)
        query.add("previous", previous ? "true" : nil)
        query.add("tailLines", String(max(tailLines, 1)))
        query.add("limitBytes", String(Self.maximumLogBytes))
        // The server checks Accept against its object formats first, so a plain-text one would be refused.
        var request = builder.request("GET", path, query: query, accept: "*/*")
        request.maximumResponseBytes = Self.maximumLogBytes * 2
        do throws(KubernetesError) {
            let response = try await perform(request, subject: subject, kind: .long)
            return response.body.split(separator: 0x0A).suffix(max(tailLines, 1)).map { line in
                let text = String(decoding: line.prefix(Self.maximumLineBytes), as: UTF8.self)
                return StatusMessages.cleaned(text, limit: Self.maximumLineBytes)
            }
        } catch let error where error.status == 400 {
            // "container … is waiting to start", "previous terminated container … not found".
            return []
        }
    }
}
