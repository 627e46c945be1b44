// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// What a pull secret says of one registry. Not to be shown: its description holds no password.
package struct PullCredential: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible {
    package let username: String
    package let password: String
    /// The registry that it is for, with `*` for any part of a host, and the path below it.
    private let host: [Substring]
    private let path: String

    /// - Parameter registry: as pull secrets write it: a host, an address with `https://`, with a path or without.
    package init(registry: String, username: String, password: String) {
        self.username = username
        self.password = password
        var rest = registry[...]
        for scheme in ["https://", "http://"] where rest.hasPrefix(scheme) { rest = rest.dropFirst(scheme.count) }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        host = String(rest[..<slash].lowercased()).split(separator: ".", omittingEmptySubsequences: false)
        let path = rest[slash...].split(separator: "/").joined(separator: "/")
        // The paths of the API itself say nothing of repositories.
        self.path = path == "v1" || path == "v2" ? "" : path
    }

    package var description: String { "a credential" }
    package var debugDescription: String { description }

    /// Whether a kubelet would use it for the image.
    package func isFor(_ image: RegistryImage) -> Bool {
        let parts = image.host.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == host.count, zip(host, parts).allSatisfy({ Self.matches($0, $1) }) else { return false }
        return path.isEmpty || image.repository == path || image.repository.hasPrefix(path + "/")
    }

    private static func matches(_ pattern: Substring, _ text: Substring) -> Bool {
        let pieces = pattern.split(separator: "*", maxSplits: 1, omittingEmptySubsequences: false)
        guard pieces.count == 2 else { return pattern == text }
        return text.utf8.count >= pattern.utf8.count - 1 && text.hasPrefix(pieces[0]) && text.hasSuffix(pieces[1])
    }
}

extension PullCredential {
    /// Those of a Secret of type `kubernetes.io/dockerconfigjson` or `kubernetes.io/dockercfg`, by the registries' names;
    /// nil where it is none, or cannot be read. What has no user name and password (an identity token) is left out.
    package static func all(in secret: Object) -> [PullCredential]? {
        let entries: Object?
        if let bytes = content(".dockerconfigjson", of: secret) {
            entries = (try? JSON.parse(bytes))?["auths"]?.object
        } else if let bytes = content(".dockercfg", of: secret) {
            entries = (try? JSON.parse(bytes))?.object
        } else {
            return nil
        }
        return entries.map { $0.sortedByKey.pairs.compactMap { credential(of: $0.key, $0.value) } }
    }

    private static func content(_ key: String, of secret: Object) -> [UInt8]? {
        if let text = secret["stringData"]?[key]?.string { return Array(text.utf8) }
        return secret["data"]?[key]?.string.flatMap { Base64.decode($0) }
    }

    private static func credential(of registry: String, _ entry: Value) -> PullCredential? {
        if let username = entry["username"]?.string, let password = entry["password"]?.string, !username.isEmpty {
            return PullCredential(registry: registry, username: username, password: password)
        }
        guard let bytes = entry["auth"]?.string.flatMap({ Base64.decode($0) }),
            let text = String(validating: bytes, as: UTF8.self), let colon = text.firstIndex(of: ":")
        else { return nil }
        return PullCredential(
            registry: registry, username: String(text[..<colon]), password: String(text[text.index(after: colon)...]))
    }
}
