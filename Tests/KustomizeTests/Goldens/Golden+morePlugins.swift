// SPDX-License-Identifier: Apache-2.0

extension Golden {
    static let morePlugins = [
        pluginGenerators,
        valueAdd,
        validators,
        pluginTypes,
        tagSuffix,
    ]

    /// Generators as plugins: what a ConfigMap takes from the metadata, merging, a Secret, the account of a cloud.
    private static let pluginGenerators = Golden(
        name: "plugin-generators", target: ".",
        files: [
            "kustomization.yaml": #"""
            resources: [a.yaml]
            generatorOptions: {labels: {gl: "1"}}
            namePrefix: p-
            generators:
            - |-
              apiVersion: builtin
              kind: ConfigMapGenerator
              metadata: {name: x, namespace: ns1, labels: {a: b}}
              literals: [a=b]
              options: {labels: {opt: "1"}}
            - gens.yaml
            - |-
              apiVersion: builtin
              kind: IAMPolicyGenerator
              metadata: {name: x}
              cloud: gke
              kubernetesService: {namespace: k8s-ns, name: k8s-sa}
              serviceAccount: {name: gsa, projectId: proj}

            """#,
            "gens.yaml": #"""
            apiVersion: builtin
            kind: SecretGenerator
            metadata: {name: sec}
            name: namewins
            literals: [q=r]
            type: foo/bar
            ---
            apiVersion: builtin
            kind: ConfigMapGenerator
            metadata: {name: b2}
            name: b
            behavior: merge
            files: [sub/gens2.yaml]

            """#,
            "sub/gens2.yaml": #"""
            hello: world

            """#,
            "a.yaml": #"""
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: b}
            data: {z: "1"}

            """#,
        ],
        expected: #"""
            apiVersion: v1
            kind: ServiceAccount
            metadata:
              annotations:
                iam.gke.io/gcp-service-account: gsa@proj.iam.gserviceaccount.com
              name: p-k8s-sa
              namespace: k8s-ns
            ---
            apiVersion: v1
            data:
              a: b
            kind: ConfigMap
            metadata:
              labels:
                opt: "1"
              name: p-x-4h2mbtbbt6
              namespace: ns1
            ---
            apiVersion: v1
            data:
              gens2.yaml: |
                hello: world
              z: "1"
            kind: ConfigMap
            metadata:
              name: p-b
            ---
            apiVersion: v1
            data:
              q: cg==
            kind: Secret
            metadata:
              name: p-namewins-tfb77h45gm
            type: foo/bar

            """#)

    /// One value in fields, list items, paths and the namespace.
    private static let valueAdd = Golden(
        name: "plugin-value-add", target: ".",
        files: [
            "kustomization.yaml": #"""
            resources: [a.yaml]
            transformers: [t.yaml]

            """#,
            "t.yaml": #"""
            apiVersion: builtin
            kind: ValueAddTransformer
            metadata: {name: z}
            value: "  VAL "
            targetFilePath: targets.yaml
            targets:
            - selector: {kind: Deployment}
              fieldPath: spec/a/b
            - selector: {kind: Deployment}
              fieldPath: spec/p
              filePathPosition: 2
            - selector: {kind: Deployment}
              fieldPath: metadata/annotations/foo\/bar
            - selector: {kind: Deployment}
              fieldPath: spec/template/spec/containers/[name=x]/image
            - selector: {kind: Deployment}
              fieldPath: spec/template/spec/containers/1/image
              filePathPosition: 9

            """#,
            "targets.yaml": #"""
            targets:
            - fieldPath: metadata/namespace
            - selector: {name: d}
              fieldPath: spec/q
              filePathPosition: 1

            """#,
            "a.yaml": #"""
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: d}
            spec: {p: /a/b/c, q: /w, template: {spec: {containers: [{name: x, image: d}, {name: y, image: e}]}}}
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
            spec:
              q: VAL
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              annotations:
                foo/bar: VAL
              name: d
              namespace: VAL
            spec:
              a:
                b: VAL
              p: /a/VAL/b/c
              q: /VAL/w
              template:
                spec:
                  containers:
                  - image: VAL
                    name: x
                  - image: e/VAL
                    name: "y"

            """#)

    /// A validator may leave its label.
    private static let validators = Golden(
        name: "plugin-validators", target: ".",
        files: [
            "kustomization.yaml": #"""
            resources: [a.yaml]
            validators:
            - |-
              apiVersion: builtin
              kind: LabelTransformer
              metadata: {name: x}
              labels: {validated-by: b}
              fieldSpecs: [{path: metadata/labels, create: true}]

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
              labels:
                validated-by: b
              name: b

            """#)

    /// Plugins take numbers and switches for text; a generator has the namespace of its metadata.
    private static let pluginTypes = Golden(
        name: "plugin-types", target: ".",
        files: [
            "kustomization.yaml": #"""
            resources: [a.yaml]
            transformers: [t.yaml]
            generators: [g.yaml]

            """#,
            "g.yaml": #"""
            apiVersion: builtin
            kind: ConfigMapGenerator
            metadata: {name: gg}
            literals: [a=b, c=1]
            options: {immutable: true, disableNameSuffixHash: true}
            ---
            apiVersion: builtin
            kind: SecretGenerator
            metadata: {name: ss, namespace: q}
            envs: [x.env]

            """#,
            "x.env": #"""
            A=b

            """#,
            "t.yaml": #"""
            apiVersion: builtin
            kind: ImageTagTransformer
            metadata: {name: x}
            imageTag: {name: i, newTag: 1.20}
            ---
            apiVersion: builtin
            kind: AnnotationsTransformer
            metadata: {name: y}
            annotations: {a: true, b: 7}
            fieldSpecs: [{path: metadata/annotations, create: true}]
            ---
            apiVersion: builtin
            kind: SuffixTransformer
            metadata: {name: z}
            suffix: 5
            fieldSpecs: [{path: metadata/name}]

            """#,
            "a.yaml": #"""
            apiVersion: v1
            kind: Pod
            metadata: {name: b}
            spec: {containers: [{name: c, image: i}]}

            """#,
        ],
        expected: #"""
            apiVersion: v1
            data:
              a: b
              c: "1"
            immutable: true
            kind: ConfigMap
            metadata:
              annotations:
                a: "true"
                b: "7"
              name: gg5
            ---
            apiVersion: v1
            data:
              A: Yg==
            kind: Secret
            metadata:
              annotations:
                a: "true"
                b: "7"
              name: ss5-6ftc5d8475
              namespace: q
            type: Opaque
            ---
            apiVersion: v1
            kind: Pod
            metadata:
              annotations:
                a: "true"
                b: "7"
              name: b5
            spec:
              containers:
              - image: i:1.2
                name: c

            """#)

    /// A suffix after the tag, twice where an image is both a container's and in a configured field.
    private static let tagSuffix = Golden(
        name: "tag-suffix", target: ".",
        files: [
            "kustomization.yaml": #"""
            resources: [a.yaml]
            images: [{name: img, newTag: "2", tagSuffix: -x}, {name: two, tagSuffix: -y}]

            """#,
            "a.yaml": #"""
            apiVersion: v1
            kind: Pod
            metadata: {name: b}
            spec: {containers: [{name: a, image: img}, {name: b, image: "two:1"}]}
            ---
            apiVersion: v1
            kind: Foo
            metadata: {name: b}
            spec: {x: {containers: [{name: a, image: img}, {name: b, image: "two:1"}]}}

            """#,
        ],
        expected: #"""
            apiVersion: v1
            kind: Foo
            metadata:
              name: b
            spec:
              x:
                containers:
                - image: img:2
                  name: a
                - image: two:1-y
                  name: b
            ---
            apiVersion: v1
            kind: Pod
            metadata:
              name: b
            spec:
              containers:
              - image: img:2
                name: a
              - image: two:1-y-y
                name: b

            """#)
}
