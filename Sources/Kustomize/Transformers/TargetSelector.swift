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
            && (Self.fits(namespace, resource.originalID.namespaceInPatterns)
                || Self.fits(namespace, resource.id.namespaceInPatterns))
            && labels?.matches(resource.object.labels) ?? true
            && annotations?.matches(resource.object.annotations) ?? true
    }

    /// One identity of a resource as a whole, as `replacements` select: past ones with the namespace that they had in
    /// effect, the present one with what is written.
    func selectsIdentity(of resource: Resource) -> Bool {
        Self.fits(name, resource.object.name)
            && selects(resource.groupVersionKind, resource.object.namespace)
            || resource.previousIDs.contains {
                Self.fits(name, $0.name) && selects($0.groupVersionKind, $0.namespaceInPatterns)
            }
    }

    private func selects(_ kind: GroupVersionKind, _ namespace: String) -> Bool {
        Self.fits(group, kind.group) && Self.fits(version, kind.version) && Self.fits(self.kind, kind.kind)
            && Self.fits(self.namespace, namespace)
    }

    func selectsLabels(of resource: Resource) -> Bool {
        labels?.matches(resource.object.labels) ?? true && annotations?.matches(resource.object.annotations) ?? true
    }

    /// True where more than labels and annotations are selected by.
    var namesAnything: Bool { [group, version, kind, name, namespace].contains { $0 != nil } }

    private static func fits(_ pattern: Pattern?, _ text: String) -> Bool { pattern?.matches(text) ?? true }
}
