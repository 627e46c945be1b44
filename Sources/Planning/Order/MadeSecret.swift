// SPDX-License-Identifier: Apache-2.0

package import Manifests

extension Object {
    /// The name of the Secret that its controller makes of it, in its namespace.
    package var madeSecret: String? {
        let spec = self["spec"]
        return switch (groupVersionKind.group, kind) {
        case ("bitnami.com", "SealedSecret"): spec?["template"]?["metadata"]?["name"]?.string ?? name
        case ("external-secrets.io", "ExternalSecret"): Self.externalSecret(spec?["target"], name)
        case ("cert-manager.io", "Certificate"): spec?["secretName"]?.string
        default: nil
        }
    }

    /// With the policies `Merge` and `None`, somebody else makes it (external-secrets.io, creationPolicy).
    private static func externalSecret(_ target: Value?, _ name: String) -> String? {
        switch target?["creationPolicy"]?.string {
        case "Merge", "None": nil
        default: target?["name"]?.string ?? name
        }
    }
}

extension [Manifest] {
    /// The Secrets that controllers make of some of these.
    package var madeSecrets: Set<ObjectID> {
        Set(
            compactMap { manifest in
                manifest.object.madeSecret.map {
                    ObjectID(group: "", kind: "Secret", namespace: manifest.id.namespace, name: $0)
                }
            })
    }
}
