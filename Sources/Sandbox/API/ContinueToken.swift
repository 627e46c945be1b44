// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Where a paged list goes on, in the form of apiserver's `storage.EncodeContinue`.
struct ContinueToken: Equatable {
    /// The revision of the first page; nil goes on with what is there now.
    var revision: UInt64?
    /// The first key of the next page.
    var start: StoreKey.Key

    /// - Parameter key: the last object of the page.
    init(revision: UInt64?, after key: StoreKey.Key) {
        self.revision = revision
        start = StoreKey.Key(namespace: key.namespace, name: key.name + "\0")
    }

    /// - Parameter namespace: the one that is listed; nil for all, or for a cluster-scoped kind.
    /// - Throws: 400 for what the server has not made.
    init(_ text: String, namespace: String?, namespaced: Bool) throws(StatusError) {
        let key = "invalid continue token: continue key is not valid"
        let legal = text.utf8.prefix { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
        }.count
        var standard = text.replacing("-", with: "+").replacing("_", with: "/")
        standard += String(repeating: "=", count: (4 - standard.utf8.count % 4) % 4)
        guard legal == text.utf8.count, let bytes = Base64.decode(standard) else {
            throw .badRequest("\(key): illegal base64 data at input byte \(legal)")
        }
        guard let token = try? JSON.parse(bytes), token.object != nil else {
            throw .badRequest("\(key): invalid character in the token")
        }
        let version = token["v"]?.string ?? ""
        guard version == "meta.k8s.io/v1" else {
            throw .badRequest(
                "\(key): server does not recognize this encoded version: server does not recognize this encoded "
                    + "version \"\(version)\"")
        }
        guard let number = token["rv"]?.integer, number != 0 else {
            throw .badRequest("\(key): incorrect encoded start resourceVersion (version meta.k8s.io/v1)")
        }
        guard var path = token["start"]?.string, !path.isEmpty else {
            throw .badRequest("\(key): encoded start key empty (version meta.k8s.io/v1)")
        }
        if path.hasPrefix("/") { path.removeFirst() }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard !parts.contains(where: { ["", ".", ".."].contains($0) }) else {
            throw .badRequest("\(key): \(token["start"]?.string ?? "")")
        }
        revision = UInt64(exactly: number)
        if namespaced, namespace == nil {
            start = StoreKey.Key(namespace: parts[0], name: parts.dropFirst().joined(separator: "/"))
        } else {
            start = StoreKey.Key(namespace: namespace ?? "", name: path)
        }
    }

    /// - Parameter namespace: the one that is listed; its name is no part of the token then.
    func text(namespace: String?) -> String {
        let isInside = namespace != nil || start.namespace.isEmpty
        let token: Value = [
            "v": "meta.k8s.io/v1", "rv": .integer(revision.flatMap(Int64.init(exactly:)) ?? -1),
            "start": .string(isInside ? start.name : "\(start.namespace)/\(start.name)"),
        ]
        return Base64.encode(JSON.bytes(token)).replacing("+", with: "-").replacing("/", with: "_")
            .replacing("=", with: "")
    }
}
