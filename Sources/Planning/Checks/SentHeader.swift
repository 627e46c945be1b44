// SPDX-License-Identifier: Apache-2.0

import Manifests

extension Application {
    /// A header that goes with a check's question. It stands in git, and goes with the daemon's own rights to the API server,
    /// which forwards it: nothing secret, and nothing that could change who asks or what.
    package struct SentHeader: Sendable, Hashable {
        package var name: String
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }

        static let limit = 16
        private static let longestName = 64
        private static let longestValue = 256

        /// Words in the names of headers that hold what only some may know. `metadata` is what clouds ask for before they hand out
        /// a machine's credentials.
        private static let secretWords = [
            "auth", "cookie", "token", "secret", "password", "credential", "session", "api-key", "apikey", "jwt",
            "signature",
            "metadata",
        ]
        /// Of the connection (RFC 9110, section 7.6.1), of a body, or of who asks (Kubernetes' impersonation and front proxies).
        private static let ownNames: Set = [
            "connection", "content-length", "expect", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade",
            "x-http-method", "x-http-method-override", "x-method-override",
        ]
        private static let ownBeginnings = ["impersonate-", "proxy-", "sec-", "x-remote-"]

        /// What proxies say to who trusts them: who asks and from where, and which path and host were asked for at first (RFC
        /// 7239, and what oauth2-proxy, Authelia, Envoy, Kong, nginx, IIS and the clouds send in its place).
        private static let proxyNames: Set = [
            "forwarded", "via", "client-ip", "true-client-ip", "cf-connecting-ip", "fastly-client-ip", "x-real-ip",
            "x-client-ip", "x-cluster-client-ip", "x-host",
        ]
        private static let proxyBeginnings = [
            "x-forwarded-", "x-original-", "x-rewrite-", "remote-", "x-user", "x-email", "x-groups", "x-client-cert",
            "x-ssl-", "ssl-", "x-consumer-", "x-envoy-", "x-amzn-oidc-", "x-ms-client-principal", "tailscale-",
        ]
        /// These say how, and not who or what: applications that send everybody to https ask for them.
        private static let harmless: Set = ["x-forwarded-proto", "x-forwarded-port", "x-forwarded-ssl"]

        /// Why it cannot be sent; nil where it can.
        package var problem: String? {
            // Behind a gateway (RFC 3875, section 4.1.18) both are one name.
            let lowercased = name.lowercased().replacing("_", with: "-")
            if name.isEmpty || name.utf8.count > Self.longestName || !name.utf8.allSatisfy(Self.isTokenByte) {
                return "is no name of a header (RFC 9110: letters, digits and - of at most \(Self.longestName))"
            }
            if Self.secretWords.contains(where: lowercased.contains) {
                return
                    "may hold a secret, which would stand in git: no such header is sent; have the path that is asked answer "
                    + "without it"
            }
            if Self.ownNames.contains(lowercased) || Self.ownBeginnings.contains(where: lowercased.hasPrefix) {
                return "is the connection's own, or could change what is asked: no such header is sent"
            }
            if !Self.harmless.contains(lowercased),
                Self.proxyNames.contains(lowercased) || Self.proxyBeginnings.contains(where: lowercased.hasPrefix)
            {
                return
                    "is what a proxy says of who asks, or of another path or host, and would be believed: no such header is sent "
                    + "(X-Forwarded-Proto, -Port and -Ssl are)"
            }
            let isVisible = value.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }
            if value.isEmpty || value.utf8.count > Self.longestValue || !isVisible || value.hasPrefix(" ")
                || value.hasSuffix(" ")
            {
                return "must be of 1 to \(Self.longestValue) visible ASCII characters, without line ends"
            }
            if lowercased == "host", host(at: 80) == nil { return "must be HOST or HOST:PORT" }
            return nil
        }

        /// Of `Host`: who answers in the place of the URL's host. Servers go by the name alone, so that the port is the URL's.
        package func host(at port: Int) -> CheckHost? {
            guard name.lowercased() == "host" else { return nil }
            let text = asked(in: "any").value
            return (CheckHost(address: text) ?? CheckHost(address: "\(text):80")).map { host in
                var host = host
                host.port = port
                return host
            }
        }

        func asked(in environment: String) -> Self {
            SentHeader(name: name, value: value.replacing(Application.environmentPlaceholder, with: environment))
        }

        /// RFC 9110, section 5.6.2.
        private static func isTokenByte(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
            }
        }
    }
}

/// `send`, as read: names and values.
struct SentHeaders: StrictValue {
    let headers: [Application.SentHeader]
    static let expectation = "a map of headers' names and values, such as {Host: api.example.com}"
    static var placeholder: SentHeaders { SentHeaders(headers: []) }

    static func read(_ node: YAMLNode, in context: StrictContext) -> SentHeaders? {
        guard case .mapping(let members) = node.content, !members.isEmpty else { return nil }
        if members.count > Application.SentHeader.limit {
            context.report("must have at most \(Application.SentHeader.limit) headers", at: node.position)
        }
        var seen: Set<String> = []
        let headers = members.prefix(Application.SentHeader.limit).map { member in
            let field = context.field(member.key)
            let header = Application.SentHeader(
                name: member.key, value: field.read(String.self, from: member.node))
            if case .string = member.node.value, let problem = header.problem {
                field.report(problem, at: member.keyPosition)
            }
            if !seen.insert(member.key.lowercased()).inserted {
                field.report(
                    "stands there twice: names of headers are the same in upper and lower case", at: member.keyPosition)
            }
            return header
        }
        return SentHeaders(headers: headers)
    }
}
