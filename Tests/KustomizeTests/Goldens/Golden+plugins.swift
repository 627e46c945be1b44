// SPDX-License-Identifier: Apache-2.0

extension Golden {
    static let plugins = [
        pluginTransformers,
        pluginAffixes,
        pluginFolder,
        pluginFolderConfigured,
        pluginComponent,
    ]

    /// Built-in transformers from a file: patches of all three kinds, replicas, images, a namespace where none is set.
    private static let pluginTransformers = Golden(
        name: "plugin-transformers", target: ".",
        files: [
            "kustomization.yaml": #"""
            resources: [a.yaml]
            transformers: [t.yaml]

            """#,
            "t.yaml": #"""
            apiVersion: builtin
            kind: PatchTransformer
            metadata: {name: x}
            path: sub/p.yaml
            target: {kind: ConfigMap}
            ---
            apiVersion: builtin
            kind: PatchStrategicMergeTransformer
            metadata: {name: x}
            paths: [sub/q.yaml]
            patches: |-
              apiVersion: v1
              kind: ConfigMap
              metadata: {name: b}
              data: {r: "1"}
              ---
              apiVersion: v1
              kind: ConfigMap
              metadata: {name: b}
              data: {s: "1"}
            ---
            apiVersion: builtin
            kind: PatchJson6902Transformer
            metadata: {name: x}
            target: {version: v1, kind: ConfigMap, name: b}
            jsonOp: |-
              - {op: add, path: /data/j, value: "1"}
            ---
            apiVersion: builtin
            kind: PatchJson6902Transformer
            metadata: {name: y}
            target: {version: v1, kind: ConfigMap, name: b}
            path: sub/j.json
            ---
            apiVersion: builtin
            kind: PatchTransformer
            metadata: {name: z}
            patch: '[{"op": "add", "path": "/data/zz", "value": "1"}]'
            target: {name: b.*}
            ---
            apiVersion: builtin
            kind: ReplicaCountTransformer
            metadata: {name: z}
            replica: {name: d, count: 7}
            fieldSpecs: [{path: spec/replicas, create: true, kind: Deployment}]
            ---
            apiVersion: builtin
            kind: ImageTagTransformer
            metadata: {name: z}
            imageTag: {name: d, newTag: "9"}
            ---
            apiVersion: builtin
            kind: NamespaceTransformer
            metadata: {name: z, namespace: nnn}
            unsetOnly: true
            setRoleBindingSubjects: allServiceAccounts
            fieldSpecs: [{path: spec/x, create: true, kind: Deployment}]

            """#,
            "sub/p.yaml": #"""
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: zzz}
            data: {p: "1"}

            """#,
            "sub/q.yaml": #"""
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: b}
            data: {q: "1"}

            """#,
            "sub/j.json": #"""
            [{"op": "add", "path": "/data/jj", "value": "1"}]

            """#,
            "a.yaml": #"""
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: b}
            data: {a: "1"}
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: d}
            spec: {template: {spec: {containers: [{name: x, image: d}]}}}
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata: {name: m, namespace: one}
            subjects: [{kind: ServiceAccount, name: sa, namespace: two},{kind: ServiceAccount, name: sa}, {kind: User, name: sa}, {kind: User, name: default}]
            roleRef: {kind: Role, name: r, apiGroup: rbac.authorization.k8s.io}

            """#,
        ],
        expected: #"""
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata:
              name: m
              namespace: one
            roleRef:
              apiGroup: rbac.authorization.k8s.io
              kind: Role
              name: r
            subjects:
            - kind: ServiceAccount
              name: sa
              namespace: two
            - kind: ServiceAccount
              name: sa
              namespace: nnn
            - kind: User
              name: sa
            - kind: User
              name: default
            ---
            apiVersion: v1
            data:
              a: "1"
              j: "1"
              jj: "1"
              p: "1"
              q: "1"
              r: "1"
              s: "1"
              zz: "1"
            kind: ConfigMap
            metadata:
              name: b
              namespace: nnn
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              name: d
              namespace: nnn
            spec:
              replicas: 7
              template:
                spec:
                  containers:
                  - image: d:9
                    name: x
              x: nnn

            """#)

    /// A prefix in fields of its own, also in new ones; a HashTransformer hashes names before the build does it again.
    private static let pluginAffixes = Golden(
        name: "plugin-affixes", target: ".",
        files: [
            "kustomization.yaml": #"""
            resources: [a.yaml]
            configMapGenerator: [{name: gen, literals: [a=b]}]
            transformers:
            - |-
              apiVersion: builtin
              kind: PrefixTransformer
              metadata: {name: x}
              prefix: p-
              unknownField: 1
              fieldSpecs:
              - path: metadata/name
              - path: data/key
              - path: metadata/labels/foo
                create: true
            - |-
              apiVersion: builtin
              kind: HashTransformer
              metadata: {name: h}

            """#,
            "a.yaml": #"""
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: b}
            data: {key: val}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: b}
            spec: {containers: [{name: c, image: i, envFrom: [{configMapRef: {name: gen}}]}]}

            """#,
        ],
        expected: #"""
            apiVersion: v1
            data:
              key: p-val
            kind: ConfigMap
            metadata:
              labels:
                foo: p-
              name: p-b
            ---
            apiVersion: v1
            data:
              a: b
            kind: ConfigMap
            metadata:
              labels:
                foo: p-
              name: p-gen-4h2mbtbbt6-4h2mbtbbt6
            ---
            apiVersion: v1
            kind: Pod
            metadata:
              labels:
                foo: p-
              name: p-b
            spec:
              containers:
              - envFrom:
                - configMapRef:
                    name: p-gen-4h2mbtbbt6-4h2mbtbbt6
                image: i
                name: c

            """#)

    /// Transformers that stand in the kustomization go before those from folders, which are built like resources.
    private static let pluginFolder = Golden(
        name: "plugin-folder", target: ".",
        files: [
            "kustomization.yaml": #"""
            resources: [a.yaml]
            transformers:
            - |-
              apiVersion: builtin
              kind: LabelTransformer
              metadata: {name: x}
              labels: {a: b}
              fieldSpecs: [{path: metadata/labels, create: true}]
              ---
              apiVersion: builtin
              kind: LabelTransformer
              metadata: {name: y}
              labels: {c: d}
              fieldSpecs: [{path: metadata/labels, create: true}]
            - tdir

            """#,
            "tdir/kustomization.yaml": #"""
            resources: [t.yaml]
            namePrefix: zz-
            patches:
            - patch: |-
                apiVersion: builtin
                kind: AnnotationsTransformer
                metadata: {name: y}
                annotations: {two: "2"}

            """#,
            "tdir/t.yaml": #"""
            apiVersion: builtin
            kind: AnnotationsTransformer
            metadata: {name: y}
            annotations: {c: d}
            fieldSpecs: [{path: metadata/annotations, create: true}]

            """#,
            "a.yaml": #"""
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: b}

            """#,
        ],
        expected: #"""
            apiVersion: v1
            kind: ConfigMap
            metadata:
              annotations:
                c: d
                two: "2"
              labels:
                a: b
                c: d
              name: b

            """#)

    /// A folder of plugins may have its own configuration, which is not that of the resources.
    private static let pluginFolderConfigured = Golden(
        name: "plugin-folder-configured", target: ".",
        files: [
            "kustomization.yaml": #"""
            resources: [a.yaml]
            transformers: [tr]
            namePrefix: x-

            """#,
            "tr/kustomization.yaml": #"""
            resources: [t.yaml]
            configurations: [c.yaml]
            commonLabels: {lab: "1"}

            """#,
            "tr/c.yaml": #"""
            commonLabels: [{path: labels, kind: LabelTransformer}]

            """#,
            "tr/t.yaml": #"""
            apiVersion: builtin
            kind: LabelTransformer
            metadata: {name: x}
            labels: {a: b}
            fieldSpecs: [{path: metadata/labels, create: true}, {path: spec/template/metadata/labels, create: true, kind: Deployment}]

            """#,
            "a.yaml": #"""
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: d}

            """#,
        ],
        expected: #"""
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              labels:
                a: b
                lab: "1"
              name: x-d
            spec:
              template:
                metadata:
                  labels:
                    a: b
                    lab: "1"

            """#)

    /// A component's generators and transformers; paths are those of the component.
    private static let pluginComponent = Golden(
        name: "plugin-component", target: ".",
        files: [
            "kustomization.yaml": #"""
            resources: [a.yaml]
            components: [c]
            namePrefix: x-

            """#,
            "c/kustomization.yaml": #"""
            apiVersion: kustomize.config.k8s.io/v1alpha1
            kind: Component
            transformers: [t.yaml]
            generators: [g.yaml]

            """#,
            "c/t.yaml": #"""
            apiVersion: builtin
            kind: PatchTransformer
            metadata: {name: x}
            path: p.yaml

            """#,
            "c/p.yaml": #"""
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: d}
            spec: {x: y, template: {spec: {volumes: [{name: v, configMap: {name: g}}]}}}

            """#,
            "c/g.yaml": #"""
            apiVersion: builtin
            kind: ConfigMapGenerator
            metadata: {name: g}
            literals: [q=r]

            """#,
            "a.yaml": #"""
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: d}

            """#,
        ],
        expected: #"""
            apiVersion: v1
            data:
              q: r
            kind: ConfigMap
            metadata:
              name: x-g-9kd464tkd2
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              name: x-d
            spec:
              template:
                spec:
                  volumes:
                  - configMap:
                      name: x-g-9kd464tkd2
                    name: v
              x: "y"

            """#)
}
