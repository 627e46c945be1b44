// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// A kind as the server serves it: what is needed to make its URLs.
package struct APIResource: Sendable, Hashable, CustomStringConvertible {
    package var group: String
    package var version: String
    package var kind: String
    /// The name in URLs: `deployments`.
    package var plural: String
    package var isNamespaced: Bool
    package var verbs: [String]
    /// `status`, `scale` …
    package var subresources: [String]
    package var shortNames: [String]

    package init(
        group: String, version: String, kind: String, plural: String, isNamespaced: Bool, verbs: [String] = [],
        subresources: [String] = [], shortNames: [String] = []
    ) {
        self.group = group
        self.version = version
        self.kind = kind
        self.plural = plural
        self.isNamespaced = isNamespaced
        self.verbs = verbs
        self.subresources = subresources
        self.shortNames = shortNames
    }

    package var groupVersionKind: GroupVersionKind { GroupVersionKind(group: group, version: version, kind: kind) }
    package var groupKind: GroupKind { GroupKind(group: group, kind: kind) }
    package var description: String { group.isEmpty ? plural : "\(plural).\(group)" }
}
