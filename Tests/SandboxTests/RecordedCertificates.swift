// SPDX-License-Identifier: Apache-2.0

import Manifests

@testable import Sandbox

/// The recorded controller manager is a distribution's, and puts one ConfigMap more into every namespace.
struct RecordedCertificates: SandboxController {
    let name = "service-ca-certificate-publisher"
    private static let configMap = "openshift-service-ca.crt"

    func keys(affectedBy object: Object, in cluster: any ClusterReader) -> [ObjectID] {
        object.kind == "Namespace" ? [object.objectID] : []
    }

    func reconcile(
        _ key: ObjectID, in cluster: any ClusterReader, now: Timestamp, random: inout any RandomNumberGenerator
    ) -> ControllerResult {
        var result = ControllerResult()
        guard let namespace = cluster.object(key), !namespace.isTerminating,
            cluster.object(GroupKind.configMap.named(Self.configMap, in: key.name)) == nil
        else { return result }
        result.changes.append(
            .create([
                "apiVersion": "v1", "kind": "ConfigMap",
                "metadata": [
                    "name": .string(Self.configMap), "namespace": .string(key.name),
                    "annotations": ["service.beta.openshift.io/inject-cabundle": "true"],
                ],
                "data": ["service-ca.crt": ""],
            ]))
        return result
    }
}
