// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// What every namespace has from the start: the service account `default` and the cluster's root certificate.
package struct NamespaceContentController: SandboxController {
    package let name = "namespace-content-controller"
    private static let certificate = "kube-root-ca.crt"
    private static let description =
        "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the "
        + "internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of "
        + "Kubernetes clusters."

    private let certificateAuthority: String

    /// - Parameter certificateAuthority: in PEM; empty where there is none.
    package init(certificateAuthority: String = "") {
        self.certificateAuthority =
            certificateAuthority.isEmpty ? "The sandbox has no certificate authority.\n" : certificateAuthority
    }

    package func keys(affectedBy object: Object, in cluster: any ClusterReader) -> [ObjectID] {
        switch (object.kind, object.name) {
        case ("Namespace", _): [object.objectID]
        case ("ServiceAccount", "default"), ("ConfigMap", Self.certificate):
            [GroupKind.namespace.named(object.namespace)]
        default: []
        }
    }

    package func reconcile(
        _ key: ObjectID, in cluster: any ClusterReader, now: Timestamp, random: inout any RandomNumberGenerator
    ) -> ControllerResult {
        var result = ControllerResult()
        guard let namespace = cluster.object(key), !namespace.isTerminating else { return result }
        if cluster.object(GroupKind.serviceAccount.named("default", in: key.name)) == nil {
            result.changes.append(
                .create([
                    "apiVersion": "v1", "kind": "ServiceAccount",
                    "metadata": ["name": "default", "namespace": .string(key.name)],
                ]))
        }
        if cluster.object(GroupKind.configMap.named(Self.certificate, in: key.name)) == nil {
            result.changes.append(
                .create([
                    "apiVersion": "v1", "kind": "ConfigMap",
                    "metadata": [
                        "name": .string(Self.certificate), "namespace": .string(key.name),
                        "annotations": ["kubernetes.io/description": .string(Self.description)],
                    ],
                    "data": ["ca.crt": .string(certificateAuthority)],
                ]))
        }
        return result
    }
}
