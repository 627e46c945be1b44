// SPDX-License-Identifier: Apache-2.0

import Crypto
import Manifests

/// A service account's token: a JWT (RFC 7519) signed with HS256, which only this server makes and reads.
struct ServiceAccountToken: Sendable {
    /// What else must exist for the token to be good.
    struct Bound: Sendable {
        var kind: String
        var name: String
        var uid: String
    }

    static let audience = "https://kubernetes.default.svc"
    private static let legacyIssuer = "kubernetes/serviceaccount"
    private static let legacyPrefix = "kubernetes.io/serviceaccount/"
    /// Longer ones are nobody's.
    private static let lengthLimit = 16 << 10

    var namespace: String
    var name: String
    var uid: String
    /// Empty for the tokens of Secrets.
    var id = ""
    var audiences: [String] = []
    var issued: Timestamp?
    /// Nil: never.
    var expiry: Timestamp?
    var bound: Bound?
    /// The signed text.
    private(set) var text = ""

    /// Held by a Secret rather than asked for.
    var isLegacy: Bool { expiry == nil }

    init(namespace: String, name: String, uid: String, bound: Bound? = nil) {
        self.namespace = namespace
        self.name = name
        self.uid = uid
        self.bound = bound
    }

    /// Nil for what was not signed with this key.
    init?(_ text: String, key: SymmetricKey) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard text.utf8.count <= Self.lengthLimit, parts.count == 3, let signature = Self.bytes(parts[2]),
            HMAC<SHA256>.isValidAuthenticationCode(
                signature, authenticating: Array("\(parts[0]).\(parts[1])".utf8), using: key),
            let payload = Self.bytes(parts[1]), let claims = (try? JSON.parse(payload))?.object
        else { return nil }
        self.text = text
        if claims["iss"]?.string == Self.legacyIssuer {
            func claim(_ name: String) -> String { claims[Self.legacyPrefix + name]?.string ?? "" }
            namespace = claim("namespace")
            name = claim("service-account.name")
            uid = claim("service-account.uid")
            bound = Bound(kind: "Secret", name: claim("secret.name"), uid: "")
            return
        }
        let own = claims["kubernetes.io"] ?? [:]
        namespace = own["namespace"]?.string ?? ""
        name = own["serviceaccount"]?["name"]?.string ?? ""
        uid = own["serviceaccount"]?["uid"]?.string ?? ""
        id = claims["jti"]?.string ?? ""
        audiences = (claims["aud"]?.array ?? []).compactMap(\.string)
        expiry = Timestamp(secondsSinceEpoch: claims["exp"]?.integer ?? 0)
        for kind in ["Pod", "Secret", "Node"] {
            guard let reference = own[kind.lowercased()] else { continue }
            bound = Bound(
                kind: kind, name: reference["name"]?.string ?? "", uid: reference["uid"]?.string ?? "")
        }
    }

    /// The text that proves it.
    func signed(with key: SymmetricKey) -> String {
        let content = Self.text(["alg": "HS256", "typ": "JWT"]) + "." + Self.text(isLegacy ? legacyClaims : claims)
        let code = HMAC<SHA256>.authenticationCode(for: Array(content.utf8), using: key)
        return "\(content).\(Self.base64URL(Array(code)))"
    }

    private var claims: Value {
        func seconds(_ time: Timestamp?) -> Value { .integer((time?.millisecondsSinceEpoch ?? 0) / 1000) }
        var own: Object = ["namespace": .string(namespace)]
        if let bound { own[bound.kind.lowercased()] = ["name": .string(bound.name), "uid": .string(bound.uid)] }
        own["serviceaccount"] = ["name": .string(name), "uid": .string(uid)]
        return [
            "aud": .array(audiences.map { .string($0) }), "exp": seconds(expiry), "iat": seconds(issued),
            "iss": .string(Self.audience), "jti": .string(id), "kubernetes.io": .object(own), "nbf": seconds(issued),
            "sub": .string(SandboxIdentity.serviceAccount(name, in: namespace).name),
        ]
    }

    private var legacyClaims: Value {
        var claims: Object = ["iss": .string(Self.legacyIssuer)]
        claims[Self.legacyPrefix + "namespace"] = .string(namespace)
        claims[Self.legacyPrefix + "secret.name"] = .string(bound?.name ?? "")
        claims[Self.legacyPrefix + "service-account.name"] = .string(name)
        claims[Self.legacyPrefix + "service-account.uid"] = .string(uid)
        claims["sub"] = .string(SandboxIdentity.serviceAccount(name, in: namespace).name)
        return .object(claims)
    }

    private static func text(_ value: Value) -> String { base64URL(JSON.bytes(value)) }

    /// RFC 4648, section 5, without padding.
    private static func base64URL(_ bytes: [UInt8]) -> String {
        String(
            Base64.encode(bytes).compactMap { character -> Character? in
                switch character {
                case "+": "-"
                case "/": "_"
                case "=": nil
                default: character
                }
            })
    }

    private static func bytes(_ text: Substring) -> [UInt8]? {
        let standard = String(text.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 })
        return Base64.decode(standard + String(repeating: "=", count: (4 - standard.utf8.count % 4) % 4))
    }
}

extension SymmetricKey {
    /// From the randomness that a sandbox is given, so that a seeded one repeats.
    init(from random: inout any RandomNumberGenerator & Sendable) {
        var bytes: [UInt8] = []
        for _ in 0..<4 {
            let word: UInt64 = random.next()
            for shift in stride(from: 0, to: 64, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
            }
        }
        self.init(data: bytes)
    }
}
