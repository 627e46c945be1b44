// SPDX-License-Identifier: Apache-2.0

internal import Manifests

/// As the External Secrets Operator brings them; nothing in a test's cluster acts on them.
enum ExternalSecrets {
    static let definition: Object = [
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": ["name": "externalsecrets.external-secrets.io"],
        "spec": [
            "group": "external-secrets.io", "scope": "Namespaced",
            "names": [
                "plural": "externalsecrets", "singular": "externalsecret", "kind": "ExternalSecret",
                "listKind": "ExternalSecretList",
            ],
            "versions": [
                [
                    "name": "v1", "served": true, "storage": true, "subresources": ["status": [:]],
                    "schema": [
                        "openAPIV3Schema": ["type": "object", "x-kubernetes-preserve-unknown-fields": true]
                    ],
                ]
            ],
        ],
    ]
}
