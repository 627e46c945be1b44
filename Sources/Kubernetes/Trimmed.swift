// SPDX-License-Identifier: Apache-2.0

package import Manifests

private let lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

/// The object without what is bookkeeping and may repeat a Secret's values: `managedFields` and kubectl's annotation.
package func trimmed(_ object: Object) -> Object {
    var result = object
    guard var metadata = object["metadata"]?.object else { return object }
    metadata["managedFields"] = nil
    if var annotations = metadata["annotations"]?.object, annotations[lastApplied] != nil {
        annotations[lastApplied] = nil
        metadata["annotations"] = annotations.isEmpty ? nil : .object(annotations)
    }
    result["metadata"] = .object(metadata)
    return result
}
