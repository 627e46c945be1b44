// SPDX-License-Identifier: Apache-2.0

import Transport

/// Asks an HTTP remote where its branches are, with protocol version 2: one small request where the full list of refs
/// may be megabytes. Source: gitprotocol-v2(5), section "ls-refs".
struct LsRefs: Sendable {
    /// What the server speaks, learned from its first answer and worth remembering.
    enum Dialect: Sendable {
        case version2
        case version0
    }

    let http: SmartHTTP
    let branches: [String]

    /// One request where the dialect is known, at most two otherwise.
    func heads(dialect known: Dialect?) async throws(GitError) -> (heads: [String: CommitID], dialect: Dialect) {
        if known == .version2 { return (try await listRefs(), .version2) }
        let request = try http.request(.advertisement, protocolVersion: 2)
        let answer = try await send(request, service: .advertisement)
        let lines = try packets(of: answer)
        if lines.contains("version 2") {
            if let format = lines.first(where: { $0.hasPrefix("object-format=") }), format != "object-format=sha1" {
                throw GitError(.other, subject, "the repository uses \(format), only sha1 is supported")
            }
            return (try await listRefs(), .version2)
        }
        return (select(lines), .version0)
    }

    private func listRefs() async throws(GitError) -> [String: CommitID] {
        var body = PacketLines.encode("command=ls-refs\n")
        body += PacketLines.encode("agent=mainstay\n")
        body += PacketLines.encode("object-format=sha1\n")
        body += PacketLines.delimiter
        for branch in branches { body += PacketLines.encode("ref-prefix refs/heads/\(branch)\n") }
        body += PacketLines.flush
        let request = try http.request(.uploadPack, body: body, protocolVersion: 2)
        return select(try packets(of: try await send(request, service: .uploadPack)))
    }

    private var subject: String { http.url.description }

    private func send(_ request: HTTPRequest, service: SmartHTTP.Service) async throws(GitError) -> [UInt8] {
        let response: HTTPResponse
        do {
            response = try await http.session.transport.send(request)
        } catch {
            throw http.error(for: error)
        }
        try http.check(status: response.status, headers: response.headers, service: service)
        return response.body
    }

    private func packets(of bytes: [UInt8]) throws(GitError) -> [String] {
        var lines: [String] = []
        for packet in PacketLines(bytes) {
            switch packet {
            case .data(let line) where line.hasPrefix("ERR "):
                throw GitError(.other, subject, "the server says: \(LibGit2.oneLine(String(line.dropFirst(4))))")
            case .data(let line): lines.append(line)
            case .flush, .delimiter: continue
            case .malformed: throw GitError(.other, subject, "the server's list of refs cannot be read")
            }
        }
        return lines
    }

    /// Lines of both dialects start with `<id> <ref>`; in version 0 the first one goes on with a NUL and capabilities.
    private func select(_ lines: [String]) -> [String: CommitID] {
        let wanted = Set(branches)
        var heads: [String: CommitID] = [:]
        for line in lines {
            let parts = line.prefix { $0 != "\0" }.split(separator: " ", maxSplits: 2)
            guard parts.count >= 2, let id = CommitID(String(parts[0])), parts[1].hasPrefix("refs/heads/") else {
                continue
            }
            let branch = String(parts[1].dropFirst("refs/heads/".count))
            if wanted.contains(branch) { heads[branch] = id }
        }
        return heads
    }
}
