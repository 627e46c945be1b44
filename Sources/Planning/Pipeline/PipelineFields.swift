// SPDX-License-Identifier: Apache-2.0

package import Manifests

extension Environment.Deploy: StrictChoice {
    package static var placeholder: Self { .automatic }
}

extension Environment.Window.Kind: StrictChoice {
    package static var placeholder: Self { .allow }
}

extension Application.Rollback: StrictChoice {
    package static var placeholder: Self { .automatic }
}

extension Application.Removal: StrictChoice {
    package static var placeholder: Self { .prune }
}

extension Application.Prune: StrictChoice {
    package static var placeholder: Self { .automatic }
}

extension DriftAction: StrictChoice {
    package static var placeholder: Self { .heal }
}

extension CronSchedule: StrictValue {
    package static var expectation: String { "a schedule of five fields such as \"0 9 * * 1-5\"" }
    package static var placeholder: CronSchedule { CronSchedule() }
    package static func read(_ node: YAMLNode, in context: StrictContext) -> CronSchedule? {
        node.value.string.flatMap { CronSchedule($0) }
    }
}

/// A text with a form of its own.
protocol FormedText: StrictValue {
    init(text: String)
    var text: String { get }
    static func isValid(_ text: String) -> Bool
}

extension FormedText {
    static var placeholder: Self { Self(text: "") }

    static func read(_ node: YAMLNode, in context: StrictContext) -> Self? {
        guard let text = node.value.string, isValid(text) else { return nil }
        return Self(text: text)
    }
}

/// A DNS label (RFC 1123): what names of namespaces, applications and environments are.
struct LabelName: FormedText {
    let text: String
    static let expectation = "a name of lower-case letters, digits and \"-\" (at most 63)"

    static func isValid(_ text: String) -> Bool {
        let bytes = text.utf8
        return !bytes.isEmpty && bytes.count <= 63 && bytes.first != UInt8(ascii: "-")
            && bytes.last != UInt8(ascii: "-")
            && bytes.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || byte == UInt8(ascii: "-")
                    || byte &- UInt8(ascii: "0") <= 9
            }
    }
}

struct NamespaceName: FormedText {
    let text: String
    static let expectation = "a namespace: lower-case letters, digits and \"-\" (at most 63)"
    static func isValid(_ text: String) -> Bool { LabelName.isValid(text) }
}

/// A branch (git-check-ref-format).
struct BranchName: FormedText {
    let text: String
    static let expectation = "the name of a branch"

    static func isValid(_ text: String) -> Bool {
        let forbidden = Array(" ~^:?*[\\".utf8)
        return !text.isEmpty && text.utf8.count <= 200 && !text.hasPrefix("-") && !text.hasPrefix("refs/")
            && !text.contains("..") && !text.contains("@{")
            && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F && !forbidden.contains($0) }
            && text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
                !$0.isEmpty && !$0.hasPrefix(".") && !$0.hasSuffix(".") && !$0.hasSuffix(".lock")
            }
    }
}

/// A path that stays in the repository.
struct TreePath: FormedText {
    let text: String
    static let expectation = "a path within the repository, relative to its root and without \"..\""

    static func isValid(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 1024 && text.utf8.allSatisfy { $0 >= 0x20 && $0 != UInt8(ascii: "\\") }
            && text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
                !$0.isEmpty && $0 != "." && $0 != ".."
            }
    }
}

/// A path with `{environment}` in it, or not.
struct PathTemplate: FormedText {
    let text: String
    static let expectation =
        "a path within the repository, relative to its root and without \"..\"; {environment} may stand in it"

    static func isValid(_ text: String) -> Bool {
        let filled = text.split(separator: Application.environmentPlaceholder, omittingEmptySubsequences: false)
            .joined(separator: "e")
        return TreePath.isValid(filled) && !filled.contains("{") && !filled.contains("}")
    }
}

/// An image without tag and digest.
struct ImageText: FormedText {
    let text: String
    static let expectation = "an image without tag and digest, such as registry.example.com/api"

    static func isValid(_ text: String) -> Bool {
        guard !text.isEmpty, text.utf8.count <= 255, !text.contains("@"), !text.contains(" ") else { return false }
        // A colon is a port before the first slash, and a tag behind the last.
        let last = text.split(separator: "/", omittingEmptySubsequences: false)
        return last.allSatisfy { !$0.isEmpty } && last.last?.contains(":") == false
    }
}

/// A kind and its group, as `kubectl` takes it.
struct KindName: StrictValue {
    let kind: GroupKind
    static let expectation = "a kind with its group such as Database.example.com"
    static var placeholder: KindName { KindName(kind: GroupKind(group: "example.com", kind: "")) }

    static func read(_ node: YAMLNode, in context: StrictContext) -> KindName? {
        let parts = (node.value.string ?? "").split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let kind = parts.first, let first = kind.utf8.first,
            (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first)
        else { return nil }
        return KindName(kind: GroupKind(group: parts.count == 2 ? String(parts[1]) : "", kind: String(kind)))
    }
}

/// `lastCommit`, `revision`, or a tag (OCI distribution specification), with placeholders in it or not.
struct TagText: FormedText {
    let text: String
    static let expectation =
        "lastCommit, revision, or a tag of letters, digits, \"_\", \".\" and \"-\" (at most 128), in which {lastCommit} or "
        + "{revision}, and {environment} may stand"
    static let longest = 128

    private static let placeholders = [
        Application.Tag.lastCommitPlaceholder, Application.Tag.revisionPlaceholder, Application.environmentPlaceholder,
    ]

    static func isValid(_ text: String) -> Bool {
        // `lastcommit` is a slip, not a tag.
        for word in ["lastCommit", "revision"] where text.lowercased() == word.lowercased() { return text == word }
        return isTag(placeholders.reduce(text) { $0.replacing($1, with: "e") })
    }

    static func isTag(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= longest && !text.hasPrefix(".") && !text.hasPrefix("-")
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte &- UInt8(ascii: "0") <= 9
                    || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
            }
    }

    /// A word alone stands for what follows commits.
    var form: String {
        switch text {
        case "lastCommit": Application.Tag.lastCommitPlaceholder
        case "revision": Application.Tag.revisionPlaceholder
        default: text
        }
    }
}

/// The form of an IANA time zone name.
struct TimeZoneName: FormedText {
    let text: String
    static let expectation = "the name of a time zone such as UTC or Europe/Berlin"

    static func isValid(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count <= 3
            && parts.allSatisfy { part in
                guard let first = part.utf8.first, (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first) else {
                    return false
                }
                return part.utf8.count <= 30
                    && part.utf8.allSatisfy { byte in
                        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte &- UInt8(ascii: "0") <= 9
                            || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+")
                    }
            }
    }
}

/// A kind, alone or with its group.
struct KindText: FormedText {
    let text: String
    static let expectation = "a kind such as Deployment, or with its group Deployment.apps"

    static func isValid(_ text: String) -> Bool {
        guard let first = text.utf8.first, (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first) else { return false }
        return text.utf8.count <= 253
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte &- UInt8(ascii: "0") <= 9
                    || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
            }
    }
}

/// A field's path as `conflicts` has them, or as the status shows it with `*` for any text.
struct FieldGlob: FormedText {
    let text: String
    static let expectation = "a field's path such as .spec.replicas or .spec.template.spec.containers[*].image"

    static func isValid(_ text: String) -> Bool {
        (text.hasPrefix(".") || text.hasPrefix("*") || FieldPattern(text) != nil) && text.utf8.count > 1
            && text.utf8.count <= 512
            && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }
}

/// The name of a field manager, with `*` for any text.
struct ManagerPattern: FormedText {
    let text: String
    static let expectation = "the name of a field manager such as kubectl-edit or kubectl*"

    static func isValid(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 128 && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }
}

/// A port's number or name.
struct PortText: StrictValue {
    let text: String
    static let expectation = "a port's number or name"
    static var placeholder: PortText { PortText(text: "") }

    static func read(_ node: YAMLNode, in context: StrictContext) -> PortText? {
        if let number = node.value.integer {
            return (1...65_535).contains(number) ? PortText(text: String(number)) : nil
        }
        guard let name = node.value.string, LabelName.isValid(name), name.utf8.count <= 15 else { return nil }
        return PortText(text: name)
    }
}

/// How long history is kept.
struct HistoryDuration: StrictValue {
    let duration: Duration
    static let expectation = "a duration of at least 24h"
    static var placeholder: HistoryDuration { HistoryDuration(duration: Environment.shortestHistory) }

    static func read(_ node: YAMLNode, in context: StrictContext) -> HistoryDuration? {
        guard let duration = node.value.string.flatMap(DurationText.parse), duration >= Environment.shortestHistory
        else { return nil }
        return HistoryDuration(duration: duration)
    }
}

struct PositiveDuration: StrictValue {
    let duration: Duration
    static let expectation = "a duration above zero such as 30s, 10m or 24h"
    static var placeholder: PositiveDuration { PositiveDuration(duration: .zero) }

    static func read(_ node: YAMLNode, in context: StrictContext) -> PositiveDuration? {
        guard let duration = node.value.string.flatMap(DurationText.parse), duration > .zero else { return nil }
        return PositiveDuration(duration: duration)
    }
}
