// SPDX-License-Identifier: Apache-2.0

import Manifests

extension RequestTarget {
    /// Whether YAML is the first that the client takes of what can be written.
    func isYAML(for request: SandboxRequest) -> Bool {
        guard segments.first == "api" || segments.first == "apis" else { return false }
        let taken = (request.header("accept") ?? "").split(separator: ",").compactMap { clause in
            clause.split(separator: ";").first.map { $0.filter { $0 != " " } }
        }
        return taken.first { Representation.media.contains($0) } == "application/yaml"
    }

    /// Whether the answer is to be read by people: as the query says, or else by who is asking (`isPrettyPrint` of
    /// apiserver).
    func isPretty(for request: SandboxRequest) -> Bool {
        guard segments.first != "openapi" else { return false }
        if let text = self["pretty"], !text.isEmpty { return ["1", "t", "T", "TRUE", "true", "True"].contains(text) }
        let agent = request.header("user-agent") ?? ""
        return ["curl", "Wget", "Mozilla/5.0"].contains(where: agent.hasPrefix)
    }
}

extension SandboxResponse {
    /// Writes JSON as YAML, its keys in order.
    mutating func makeYAML() {
        guard case .bytes(let bytes) = body,
            let index = headers.firstIndex(where: { $0.name == "content-type" && $0.value == "application/json" }),
            let value = try? JSON.parse(bytes)
        else { return }
        headers[index].value = "application/yaml"
        body = .bytes(Array(YAML.text(GoFormat.ordered(value)).utf8))
    }

    /// Writes JSON in lines, without one after the last.
    mutating func makePretty() {
        guard case .bytes(let bytes) = body, let type = headers.first(where: { $0.name == "content-type" })?.value,
            type.hasPrefix("application/json"), let value = try? JSON.parse(bytes)
        else { return }
        body = .bytes(Array(JSON.prettyText(value).utf8))
    }
}
