// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Kubernetes' alphabet for generated names: no vowels and no look-alikes, so that no words come out.
private let alphabet = Array("bcdfghjklmnpqrstvwxz2456789".utf8)

enum GeneratedNames {
    /// `prefix` with five random characters, unlike those of the kind's objects in the namespace.
    static func generated(
        _ prefix: String, kind: GroupKind, namespace: String, in cluster: any ClusterReader,
        random: inout any RandomNumberGenerator
    ) -> String {
        var name = prefix
        // A name that is taken after all is refused by the store, and the next pass tries again.
        for _ in 0..<8 {
            let suffix = (0..<5).map { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] }
            name = prefix + String(decoding: suffix, as: UTF8.self)
            if cluster.object(kind.named(name, in: namespace)) == nil { break }
        }
        return name
    }

    /// The hash that names a pod template's ReplicaSet or revision: FNV-1a 32 in the safe alphabet, equal in shape
    /// to the real one (which hashes Go's dump of the struct).
    static func hash(of template: Object, collisions: Int = 0) -> String {
        var hash = fnv1a(JSON.bytes(.object(template.sortedByKey)))
        if collisions > 0 { hash = fnv1a(Array(String(collisions).utf8), from: hash) }
        return String(decoding: String(hash).utf8.map { alphabet[Int($0) % alphabet.count] }, as: UTF8.self)
    }

    static func fnv1a(_ bytes: [UInt8], from start: UInt32 = 2_166_136_261) -> UInt32 {
        bytes.reduce(start) { ($0 ^ UInt32($1)) &* 16_777_619 }
    }
}
