// SPDX-License-Identifier: Apache-2.0

internal import Manifests
internal import Planning

/// A pipeline as the repository's folders suggest it, with what is left for people to decide.
struct PipelineProposal: Sendable {
    struct Environment: Sendable {
        var name: String
        var namespace: String
        /// No manifest states the namespace.
        var isNamespaceGuessed = false
        /// A developer's own: proposed in a comment.
        var isLocal = false
    }

    struct Image: Sendable {
        var name: String
        /// The folder that it is built from; nil where none was found.
        var folder: String?
        /// Nothing in the manifests says which version is meant.
        var isOpen: Bool
        /// The tags that the manifests name.
        var tags: [String]
    }

    struct Check: Sendable, Hashable {
        var service: String
        /// Nil of Knative's, which has a URL.
        var port: String?
        var path: String
        /// What the probe sends.
        var send: [Planning.Application.SentHeader] = []
    }

    struct Application: Sendable {
        var name: String
        /// In the order of the environments.
        var environments: [String]
        var path: String
        /// What it consists of, for people: `2 Deployments, 3 Services`.
        var summary: String
        var images: [Image] = []
        var checks: [Check] = []
        /// Jobs that are likely meant to run before the workloads change.
        var hooks: [String] = []
        /// With the variable that says so.
        var dependsOn: [(name: String, variable: String)] = []
    }

    var environments: [Environment] = []
    var applications: [Application] = []
    /// What could not be decided, or read: a sentence each.
    var remarks: [String] = []
    /// Kinds that a daemon applies only where its configuration lists them.
    var listedKinds: [String] = []
    /// All that objects are in.
    var namespaces: [String] = []

    /// A text as a name of environments, applications and namespaces can be (RFC 1123): lower case, digits and `-`.
    static func label(_ text: String) -> String {
        var label = ""
        for character in text.lowercased() {
            let isPlain = character.isASCII && (character.isLetter || character.isNumber)
            if isPlain { label.append(character) } else if label.last != "-" { label.append("-") }
        }
        while label.first == "-" { label.removeFirst() }
        label = String(label.prefix(40))
        while label.last == "-" { label.removeLast() }
        return label
    }
}
