// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// Something that an author should know of a pipeline or its manifests, before it is merged. No values of fields are in
/// it.
package struct ReviewFinding: Sendable, Hashable {
    package enum Severity: String, Sendable, CaseIterable {
        /// It cannot work.
        case error
        /// It works otherwise than is likely meant.
        case warning
        /// Nothing is wrong, but good to know.
        case note
    }

    package enum Place: Sendable, Hashable {
        /// A field of the pipeline file, `applications[1].images[0].name`; empty for the file.
        case pipeline(String)
        /// A field of an object, empty for the object as a whole.
        case manifest(Origin, ObjectID, field: String)
    }

    package var severity: Severity
    package var place: Place
    package var message: String

    package init(_ severity: Severity, _ place: Place, _ message: String) {
        self.severity = severity
        self.place = place
        self.message = message
    }

    package init(_ severity: Severity, _ manifest: Manifest, _ field: String = "", _ message: String) {
        self.init(severity, .manifest(manifest.origin, manifest.id, field: field), message)
    }
}
