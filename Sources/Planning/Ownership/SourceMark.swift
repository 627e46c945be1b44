// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// The annotation that tells whose object it is among several daemons on one cluster: the repository and branch that
/// its daemon follows, without credentials.
///
/// The owner label cannot: two pipelines may have an `api` in `staging`. Two daemons that apply the same object under
/// the same manager's name would take each other's fields away without a conflict.
package enum SourceMark {
    package static let key = "mainstay.dev/source"

    /// What the annotation says for a repository and a branch.
    package static func value(url: String, branch: String) -> String { "\(url)#\(branch)" }

    /// The source that an object says it belongs to, where that is another one. An object from before there was the
    /// annotation belongs to whoever its label names.
    ///
    /// - Parameter own: the marks of this daemon, today's and earlier ones; empty where objects carry none.
    package static func foreignSource(of object: Object, own: Set<String>) -> String? {
        guard !own.isEmpty, let text = object.annotations[key]?.string, !text.isEmpty, !own.contains(text) else {
            return nil
        }
        return SafeText.quote(text)
    }

    /// Why another daemon's object is not touched.
    package static func explanation(of source: String, ours: String) -> String {
        "belongs to the daemon that follows \(source), so this one, which follows \(ours), does not touch it; remove it "
            + "from one of the two repositories, or, where there is no other daemon any more, the annotation \(key) from "
            + "the object"
    }

    /// Whether an object says that it is one of this daemon's. One that says nothing is not.
    package static func isOwn(_ object: Object, own: Set<String>) -> Bool {
        object.annotations[key]?.string.map(own.contains) ?? false
    }
}
