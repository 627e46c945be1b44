// SPDX-License-Identifier: Apache-2.0

extension Golden {
    static let referenceRules = [
        referenceNumbers,
        referenceLayers,
        referenceKinds,
        referenceChain,
        referenceNamespaceObjects,
        referenceOwn,
        referencePolicies,
    ]

    /// A name that is written as a number is followed too.
    private static let referenceNumbers = Golden(
        name: "references-numbers", target: ".",
        files: [
            "kustomization.yaml": #"""
            resources: [a.yaml]
            namePrefix: p-

            """#,
            "a.yaml": #"""
            apiVersion: v1
            kind: Pod
            metadata: {name: m}
            spec: {volumes: [{name: a, configMap: {name: 123}}], serviceAccountName: 5}
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: "123"}

            """#,
        ],
        expected: #"""
            apiVersion: v1
            kind: ConfigMap
            metadata:
              name: p-123
            ---
            apiVersion: v1
            kind: Pod
            metadata:
              name: p-m
            spec:
              serviceAccountName: 5
              volumes:
              - configMap:
                  name: p-123
                name: a

            """#)

    /// Names of three layers, two variants, and a ConfigMap that one of them merges into.
    private static let referenceLayers = Golden(
        name: "references-layers", target: "overlay",
        files: [
            "overlay/kustomization.yaml": #"""
            resources: [../mid1, ../mid2]
            namePrefix: o-
            namespace: ns

            """#,
            "mid1/kustomization.yaml": #"""
            resources: [../base]
            namePrefix: m1-
            configMapGenerator: [{name: cm, behavior: merge, literals: [b=c]}]

            """#,
            "mid2/kustomization.yaml": #"""
            resources: [../base]
            nameSuffix: -m2

            """#,
            "base/kustomization.yaml": #"""
            resources: [a.yaml]
            configMapGenerator: [{name: cm, literals: [a=b]}]

            """#,
            "base/a.yaml": #"""
            apiVersion: v1
            kind: Pod
            metadata: {name: m}
            spec: {volumes: [{name: a, configMap: {name: cm}}, {name: b, configMap: {name: m1-cm}}, {name: c, configMap: {name: cm-m2}}, {name: d, configMap: {name: o-m1-cm}}]}

            """#,
        ],
        expected: #"""
            apiVersion: v1
            data:
              a: b
            kind: ConfigMap
            metadata:
              name: o-cm-m2-4h2mbtbbt6
              namespace: ns
            ---
            apiVersion: v1
            data:
              a: b
              b: c
            kind: ConfigMap
            metadata:
              name: o-m1-cm-d6g9c22788
              namespace: ns
            ---
            apiVersion: v1
            kind: Pod
            metadata:
              name: o-m-m2
              namespace: ns
            spec:
              volumes:
              - configMap:
                  name: o-cm-m2-4h2mbtbbt6
                name: a
              - configMap:
                  name: o-m1-cm-d6g9c22788
                name: b
              - configMap:
                  name: o-cm-m2-4h2mbtbbt6
                name: c
              - configMap:
                  name: o-m1-cm-d6g9c22788
                name: d
            ---
            apiVersion: v1
            kind: Pod
            metadata:
              name: o-m1-m
              namespace: ns
            spec:
              volumes:
              - configMap:
                  name: o-m1-cm-d6g9c22788
                name: a
              - configMap:
                  name: o-m1-cm-d6g9c22788
                name: b
              - configMap:
                  name: o-cm-m2-4h2mbtbbt6
                name: c
              - configMap:
                  name: o-m1-cm-d6g9c22788
                name: d

            """#)

    /// One name in several kinds, and one that is another's new name: kinds go in their order.
    private static let referenceKinds = Golden(
        name: "references-kinds", target: ".",
        files: [
            "kustomization.yaml": #"""
            resources: [a.yaml]
            namePrefix: p-

            """#,
            "a.yaml": #"""
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: x}
            ---
            apiVersion: v1
            kind: Secret
            metadata: {name: x}
            ---
            apiVersion: v1
            kind: Secret
            metadata: {name: p-x}
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: Role
            metadata: {name: r}
            rules: [{resourceNames: [x, p-x, p-p-x]}]
            ---
            apiVersion: autoscaling/v2
            kind: HorizontalPodAutoscaler
            metadata: {name: h}
            spec: {scaleTargetRef: {kind: StatefulSet, name: x}}
            ---
            apiVersion: apps/v1
            kind: StatefulSet
            metadata: {name: x}
            ---
            apiVersion: apps/v1
            kind: ReplicaSet
            metadata: {name: p-x}

            """#,
        ],
        expected: #"""
            apiVersion: rbac.authorization.k8s.io/v1
            kind: Role
            metadata:
              name: p-r
            rules:
            - resourceNames:
              - p-p-x
              - p-p-x
              - p-p-x
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata:
              name: p-x
            ---
            apiVersion: v1
            kind: Secret
            metadata:
              name: p-p-x
            ---
            apiVersion: v1
            kind: Secret
            metadata:
              name: p-x
            ---
            apiVersion: apps/v1
            kind: StatefulSet
            metadata:
              name: p-x
            ---
            apiVersion: apps/v1
            kind: ReplicaSet
            metadata:
              name: p-p-x
            ---
            apiVersion: autoscaling/v2
            kind: HorizontalPodAutoscaler
            metadata:
              name: p-h
            spec:
              scaleTargetRef:
                kind: StatefulSet
                name: p-p-x

            """#)

    /// Names that a base, an overlay and plugins change one after the other, and then a hash.
    private static let referenceChain = Golden(
        name: "references-chain", target: "overlay",
        files: [
            "overlay/kustomization.yaml": #"""
            resources: [../base]
            namePrefix: o-
            transformers:
            - |-
              apiVersion: builtin
              kind: PrefixTransformer
              metadata: {name: p}
              prefix: t-
              fieldSpecs: [{path: metadata/name, kind: ConfigMap}]
            - |-
              apiVersion: builtin
              kind: SuffixTransformer
              metadata: {name: p}
              suffix: -s
              fieldSpecs: [{path: metadata/name}]

            """#,
            "base/kustomization.yaml": #"""
            resources: [a.yaml]
            namePrefix: b-
            configMapGenerator: [{name: cm, literals: [a=b]}]

            """#,
            "base/a.yaml": #"""
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: d}
            spec: {template: {spec: {volumes: [{name: v, configMap: {name: cm}}, {name: w, configMap: {name: b-cm}}]}}}
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: d}
            ---
            apiVersion: apps/v1
            kind: StatefulSet
            metadata: {name: d}
            spec: {serviceName: d}
            ---
            apiVersion: v1
            kind: Namespace
            metadata: {name: d}

            """#,
        ],
        expected: #"""
            apiVersion: v1
            kind: Namespace
            metadata:
              name: d
            ---
            apiVersion: v1
            data:
              a: b
            kind: ConfigMap
            metadata:
              name: t-o-b-cm-s-4h2mbtbbt6
            ---
            apiVersion: v1
            kind: Service
            metadata:
              name: o-b-d-s
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              name: o-b-d-s
            spec:
              template:
                spec:
                  volumes:
                  - configMap:
                      name: t-o-b-cm-s-4h2mbtbbt6
                    name: v
                  - configMap:
                      name: t-o-b-cm-s-4h2mbtbbt6
                    name: w
            ---
            apiVersion: apps/v1
            kind: StatefulSet
            metadata:
              name: o-b-d-s
            spec:
              serviceName: o-b-d-s

            """#)

    /// A Namespace that is renamed, one of another group that is not, and what names it; Namespaces go first.
    private static let referenceNamespaceObjects = Golden(
        name: "references-namespace-objects", target: ".",
        files: [
            "kustomization.yaml": #"""
            resources: [a.yaml]
            namespace: new
            namePrefix: p-
            configurations: [c.yaml]

            """#,
            "c.yaml": #"""
            nameReference: [{kind: Namespace, fieldSpecs: [{path: spec/ns, kind: My}]}]

            """#,
            "a.yaml": #"""
            apiVersion: v1
            kind: Namespace
            metadata: {name: old}
            ---
            apiVersion: other.io/v1
            kind: Namespace
            metadata: {name: old}
            ---
            apiVersion: e/v1
            kind: My
            metadata: {name: m}
            spec: {ns: old}

            """#,
        ],
        expected: #"""
            apiVersion: v1
            kind: Namespace
            metadata:
              name: new
            ---
            apiVersion: other.io/v1
            kind: Namespace
            metadata:
              name: old
              namespace: new
            ---
            apiVersion: e/v1
            kind: My
            metadata:
              name: p-m
              namespace: new
            spec:
              ns: old

            """#)

    /// An own rule that leads to a map, and to a list of names and maps.
    private static let referenceOwn = Golden(
        name: "references-own", target: ".",
        files: [
            "kustomization.yaml": #"""
            resources: [a.yaml]
            namePrefix: p-
            configurations: [c.yaml]

            """#,
            "c.yaml": #"""
            nameReference: [{kind: My, fieldSpecs: [{kind: My, path: spec/foo}, {kind: My, path: spec/seq}]}]

            """#,
            "a.yaml": #"""
            apiVersion: example.com/v1
            kind: My
            metadata: {name: m}
            spec: {foo: {name: m}, seq: [m, {name: m}, {name: 1}]}

            """#,
        ],
        expected: #"""
            apiVersion: example.com/v1
            kind: My
            metadata:
              name: p-m
            spec:
              foo:
                name: p-m
              seq:
              - p-m
              - name: p-m
              - name: 1

            """#)

    /// Admission policies and priority classes.
    private static let referencePolicies = Golden(
        name: "references-policies", target: ".",
        files: [
            "kustomization.yaml": #"""
            resources: [a.yaml]
            namePrefix: p-

            """#,
            "a.yaml": #"""
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingAdmissionPolicy
            metadata: {name: vap}
            ---
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingAdmissionPolicyBinding
            metadata: {name: vapb}
            spec: {policyName: vap}
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: a}
            spec: {template: {spec: {priorityClassName: x}}}
            ---
            apiVersion: scheduling.k8s.io/v1
            kind: PriorityClass
            metadata: {name: x}

            """#,
        ],
        expected: #"""
            apiVersion: scheduling.k8s.io/v1
            kind: PriorityClass
            metadata:
              name: p-x
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              name: p-a
            spec:
              template:
                spec:
                  priorityClassName: p-x
            ---
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingAdmissionPolicy
            metadata:
              name: p-vap
            ---
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingAdmissionPolicyBinding
            metadata:
              name: p-vapb
            spec:
              policyName: p-vap

            """#)
}
