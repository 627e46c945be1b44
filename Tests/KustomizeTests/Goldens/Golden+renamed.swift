// SPDX-License-Identifier: Apache-2.0

extension Golden {
    /// A name that a patch changes, a reference across namespaces that stays, and an environment file with carriage returns.
    static let renamed = Golden(
        name: "renamed", target: ".",
        files: [
            "base/a.yaml": #"""
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: d, namespace: explicit}
            spec: {template: {spec: {containers: [{name: c, image: "x", envFrom: [{secretRef: {name: s}}]}]}}}

            """#,
            "base/e.env": #"""
            A=1\#r
            B="x"

            """#,
            "base/kustomization.yaml": #"""
            resources: [a.yaml]
            secretGenerator: [{name: s, envs: [e.env], options: {disableNameSuffixHash: true}}]

            """#,
            "kustomization.yaml": #"""
            resources: [base]
            namePrefix: p-
            patches:
            - target: {name: d, namespace: explicit}
              patch: '[{"op":"replace","path":"/metadata/name","value":"renamed"}]'
            replicas: [{name: d, count: 0}]
            images: [{name: x, newName: "y:5000/z", newTag: ""}]

            """#,
        ],
        expected: #"""
            apiVersion: v1
            data: {A: MQ==, B: Ingi}
            kind: Secret
            metadata: {name: p-s}
            type: Opaque
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: p-renamed, namespace: explicit}
            spec:
              replicas: 0
              template:
                spec:
                  containers:
                  - envFrom:
                    - secretRef: {name: s}
                    image: y:5000/z
                    name: c

            """#)
}
