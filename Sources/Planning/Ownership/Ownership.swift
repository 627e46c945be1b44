// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// What is ours: an object with our label for this very object, our Apply entry, and no controller.
package enum Ownership {
    /// Whether a live object is a target's. An inventory can be rebuilt by this rule alone.
    package static func owns(_ target: TargetID, _ object: Object) -> Bool {
        refusal(of: object, id: object.objectID, target: target) == nil
    }

    /// The target that a live object says it belongs to, when the label is its own and no copy.
    package static func claimedTarget(of object: Object) -> TargetID? {
        guard let value = object.labels[OwnerLabel.key]?.string, let parsed = OwnerLabel.parse(value),
            parsed.identityHash == OwnerLabel.identityHash(of: object.objectID)
        else { return nil }
        return TargetID(application: parsed.application, environment: parsed.environment)
    }

    /// Why an object is not a target's; nil when it is.
    static func refusal(of object: Object, id: ObjectID, target: TargetID) -> KeepReason? {
        guard let value = object.labels[OwnerLabel.key]?.string, let parsed = OwnerLabel.parse(value) else {
            return .notLabelled
        }
        guard parsed.identityHash == OwnerLabel.identityHash(of: id) else { return .copiedLabel }
        guard parsed.application == target.application, parsed.environment == target.environment else {
            return .ownedByOther("\(parsed.application) in \(parsed.environment)")
        }
        if let controller = controller(of: object) { return .controlled(by: controller) }
        return hasApplyEntry(object) ? nil : .fieldsNotOurs
    }

    /// Applying to a subresource makes a second entry of our name: that one owns no object.
    private static func hasApplyEntry(_ object: Object) -> Bool {
        (object.metadata["managedFields"]?.array ?? []).contains { entry in
            entry["manager"]?.string == PruneRules.fieldManager && entry["operation"]?.string == "Apply"
                && (entry["subresource"]?.string ?? "").isEmpty
        }
    }

    private static func controller(of object: Object) -> String? {
        (object.metadata["ownerReferences"]?.array ?? []).first { $0["controller"]?.bool == true }
            .map { SafeText.word("\($0["kind"]?.string ?? "")/\($0["name"]?.string ?? "")") }
    }
}
