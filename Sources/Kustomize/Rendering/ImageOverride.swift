// SPDX-License-Identifier: Apache-2.0

/// A change of container images by name, with the meaning of kustomize's `images`.
package struct ImageOverride: Sendable, Hashable {
    /// The image's name as manifests write it, registry and port included; with a tag only that one is meant.
    package var name: String
    package var newName: String?
    package var newTag: String?
    /// `sha256:…`.
    package var digest: String?
    /// Put after the tag that is there, where neither tag nor digest are new.
    package var tagSuffix: String?

    package init(
        name: String, newName: String? = nil, newTag: String? = nil, digest: String? = nil, tagSuffix: String? = nil
    ) {
        self.name = name
        self.newName = newName
        self.newTag = newTag
        self.digest = digest
        self.tagSuffix = tagSuffix
    }

    /// The image after this override, or nil where it is about another image.
    ///
    /// A new tag or digest replaces both of the old ones; with neither given, both stay.
    func applied(to image: String) -> String? {
        guard ImageNamePattern.matches(name, image) else { return nil }
        var reference = ImageReference(image)
        if let newName, !newName.isEmpty { reference.name = newName }
        let newTag = newTag ?? ""
        let newDigest = digest ?? ""
        if !newTag.isEmpty || !newDigest.isEmpty {
            reference.tag = newTag
            reference.digest = newDigest
        } else if let tagSuffix, !tagSuffix.isEmpty {
            reference.tag += tagSuffix
            reference.digest = ""
        }
        return reference.text
    }
}

/// An image reference in its parts: `name[:tag][@digest]`.
struct ImageReference: Hashable {
    var name: String
    var tag: String
    var digest: String

    /// A colon before the last slash belongs to the registry's port, not to a tag.
    init(_ text: String) {
        var rest = text[...]
        if let at = rest.firstIndex(of: "@") {
            digest = String(rest[rest.index(after: at)...])
            rest = rest[..<at]
        } else {
            digest = ""
        }
        let lastPart = rest.lastIndex(of: "/").map { rest.index(after: $0) } ?? rest.startIndex
        if let colon = rest[lastPart...].firstIndex(of: ":") {
            tag = String(rest[rest.index(after: colon)...])
            rest = rest[..<colon]
        } else {
            tag = ""
        }
        name = String(rest)
    }

    var text: String { name + (tag.isEmpty ? "" : ":\(tag)") + (digest.isEmpty ? "" : "@\(digest)") }
}
