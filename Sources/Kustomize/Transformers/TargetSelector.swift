// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Which resources a patch is for: all that match every part that is given.
struct TargetSelector: Sendable {
    /// Whole-text patterns; nil matches everything.
    var group: Pattern?
    var version: Pattern?
    var kind: Pattern?
    var name: Pattern?
    var namespace: Pattern?
    var labels: LabelSelector?
    var annotations: LabelSelector?

    /// Name and namespace may be the original or the present ones.
    func selects(_ resource: Resource) -> Bool {
        guard Self.fits(name, resource.originalName) || Self.fits(name, resource.object.name) else { return false }
        let kind = resource.groupVersionKind
        return Self.fits(group, kind.group) && Self.fits(version, kind.version) && Self.fits(self.kind, kind.kind)
            && (Self.fits(namespace, resource.originalID.namespace) || Self.fits(namespace, resource.id.namespace))
            && labels?.matches(resource.object.labels) ?? true
            && annotations?.matches(resource.object.annotations) ?? true
    }

    private static func fits(_ pattern: Pattern?, _ text: String) -> Bool { pattern?.matches(text) ?? true }
}
