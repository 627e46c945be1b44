// SPDX-License-Identifier: Apache-2.0

/// Where a manifest was read: a file of the repository, and the place of its document in it.
package struct Origin: Sendable, Hashable, CustomStringConvertible {
    package var file: String
    /// 1 for the file's first document.
    package var document: Int
    /// The line at which the document starts, from 1.
    package var line: Int

    package init(file: String, document: Int = 1, line: Int = 1) {
        self.file = file
        self.document = document
        self.line = line
    }

    /// `k8s/api/staging.yaml:12`.
    package var description: String { "\(file):\(line)" }
}

/// One object that should exist, and where it comes from.
package struct Manifest: Sendable, Hashable {
    package var object: Object
    package var origin: Origin
    /// Where it stands among the manifests that it was rendered with: in the order of files and documents, or in that
    /// of a kustomization's `resources`, which the sorted output does not show any more.
    package var place: Int

    package init(object: Object, origin: Origin, place: Int = 0) {
        self.object = object
        self.origin = origin
        self.place = place
    }

    package var id: ObjectID { object.objectID }
    package var groupVersionKind: GroupVersionKind { object.groupVersionKind }
}
