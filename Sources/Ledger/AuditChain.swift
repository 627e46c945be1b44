// SPDX-License-Identifier: Apache-2.0

internal import Crypto
package import Manifests
package import Planning

/// One line of the evidence: who decided or changed what.
package struct AuditEntry: Sendable, Hashable {
    /// From 1, without gaps.
    package var sequence: Int64
    /// `rollout.begun`, `quarantine.released` …
    package var kind: String
    package var target: TargetID?
    /// A person's name, or `mainstay`.
    package var actor: String
    package var text: String
    package var at: Timestamp
    /// Hex; covers this entry and, through the one before, all before it.
    package var hash: String

    package init(
        sequence: Int64, kind: String, target: TargetID?, actor: String, text: String, at: Timestamp, hash: String
    ) {
        self.sequence = sequence
        self.kind = kind
        self.target = target
        self.actor = actor
        self.text = text
        self.at = at
        self.hash = hash
    }
}

/// The end of the chain. Published outside the ledger, it proves that nothing was cut off.
package struct AuditHead: Sendable, Hashable {
    /// 0 for an empty chain.
    package var sequence: Int64
    package var hash: String

    package init(sequence: Int64, hash: String) {
        self.sequence = sequence
        self.hash = hash
    }
}

/// What checking the chain found.
package enum AuditVerification: Sendable, Hashable {
    /// `count` entries are there; fewer than `head.sequence` where retention has cut, by a signed mark.
    case intact(head: AuditHead, count: Int)
    /// This entry, or what stood before it, is not what was written.
    case altered(at: Int64)
    /// Entries after `last` are gone; there were at least `expected`.
    case truncated(last: Int64, expected: Int64)
    /// Intact, and longer than the published head: the process ended between writing and publishing, or has yet to publish.
    case unfinished(head: AuditHead, published: AuditHead)
}

/// The keyed hash that links audit entries: HMAC-SHA256 (RFC 2104) over the entry and the hash before it.
///
/// Whoever can write the file but lacks the key can neither change nor insert an entry unnoticed.
struct AuditChain: Sendable {
    /// What the first entry follows.
    static let origin = String(repeating: "0", count: 64)

    private let key: SymmetricKey

    init(key: [UInt8]) { self.key = SymmetricKey(data: key) }

    /// `entry.hash` is not looked at.
    func hash(of entry: AuditEntry, after previous: String) -> String {
        var bytes = CanonicalBytes(domain: "mainstay.audit.v1")
        bytes.append(previous)
        bytes.append(entry.sequence)
        bytes.append(entry.at.millisecondsSinceEpoch)
        bytes.append(entry.kind)
        bytes.append(entry.target?.application)
        bytes.append(entry.target?.environment)
        bytes.append(entry.actor)
        bytes.append(entry.text)
        return authenticate(bytes)
    }

    /// The signature of a retention's cut: entries up to `sequence` were removed, the last of them had `hash`.
    func cutMark(through sequence: Int64, hash: String, at: Timestamp) -> String {
        var bytes = CanonicalBytes(domain: "mainstay.audit.cut.v1")
        bytes.append(sequence)
        bytes.append(hash)
        bytes.append(at.millisecondsSinceEpoch)
        return authenticate(bytes)
    }

    /// Tells one key from another without revealing it.
    var keyCheck: String { authenticate(CanonicalBytes(domain: "mainstay.audit.key.v1")) }

    /// What stands for a text that may hold secrets.
    func digest(of text: String) -> String {
        var bytes = CanonicalBytes(domain: "mainstay.digest.v1")
        bytes.append(text)
        return authenticate(bytes)
    }

    private func authenticate(_ bytes: CanonicalBytes) -> String {
        HMAC<SHA256>.authenticationCode(for: bytes.bytes, using: key).hex
    }
}

/// Fields with their lengths, so that no two records give the same bytes.
private struct CanonicalBytes {
    private(set) var bytes: [UInt8] = []

    init(domain: String) { append(domain) }

    mutating func append(_ number: Int64) {
        withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func append(_ field: String) {
        append(Int64(field.utf8.count))
        bytes.append(contentsOf: field.utf8)
    }

    mutating func append(_ field: String?) {
        if let field { append(field) } else { append(Int64(-1)) }
    }
}

extension Sequence<UInt8> {
    fileprivate var hex: String {
        let digits = Array<UInt8>("0123456789abcdef".utf8)
        return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
