// SPDX-License-Identifier: Apache-2.0

extension Golden {
    static let configurations = [
        configurationTravels,
        configurationSiblings,
        configurationComponent,
        configurationComponents,
        configurationLabels,
        configurationHides,
        labelFieldHides,
        crds,
    ]

    /// What a base says of fields holds for the overlays that build on it: prefix, images, replicas, namespace, names.
    private static let configurationTravels = Golden(
        name: "configuration-travels", target: "overlay",
        files: [
            "overlay/kustomization.yaml": #"""
            resources: [../base]
            namePrefix: p-
            images: [{name: img, newTag: "2"}]
            replicas: [{name: m, count: 3}]
            commonLabels: {cl: cl}
            namespace: nsx

            """#,
            "base/kustomization.yaml": #"""
            resources: [a.yaml]
            configurations: [c.yaml]

            """#,
            "base/c.yaml": #"""
            commonLabels: [{path: spec/commonLabels, create: true, kind: My}]
            namePrefix: [{path: spec/prefixed, kind: My}]
            images: [{path: spec/img, kind: My}]
            replicas: [{path: spec/count, kind: My, create: true}]
            namespace: [{path: spec/ns, kind: My, create: true}]
            nameReference: [{kind: My, fieldSpecs: [{kind: Other, path: spec/ref/name}]}]

            """#,
            "base/a.yaml": #"""
            apiVersion: example.com/v1
            kind: My
            metadata: {name: m}
            spec: {prefixed: q, img: "img:1"}
            ---
            apiVersion: example.com/v1
            kind: Other
            metadata: {name: o}
            spec: {ref: {name: m}}

            """#,
        ],
        expected: #"""
            apiVersion: example.com/v1
            kind: My
            metadata:
              labels:
                cl: cl
              name: p-m
              namespace: nsx
            spec:
              commonLabels:
                cl: cl
              count: 3
              img: img:2
              ns: nsx
              prefixed: p-q
            ---
            apiVersion: example.com/v1
            kind: Other
            metadata:
              labels:
                cl: cl
              name: p-o
              namespace: nsx
            spec:
              ref:
                name: p-m

            """#)

    /// What one base says of fields holds, in an overlay, for the resources of its other bases too.
    private static let configurationSiblings = Golden(
        name: "configuration-siblings", target: ".",
        files: [
            "kustomization.yaml": #"""
            resources: [one, two]
            commonLabels: {a: b}

            """#,
            "one/kustomization.yaml": #"""
            resources: [a.yaml]
            configurations: [c.yaml]

            """#,
            "one/c.yaml": #"""
            commonLabels: [{path: spec/l, create: true, kind: ConfigMap}]

            """#,
            "one/a.yaml": #"""
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: b}

            """#,
            "two/kustomization.yaml": #"""
            resources: [a.yaml]
            commonLabels: {only: two}

            """#,
            "two/a.yaml": #"""
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: c}

            """#,
        ],
        expected: #"""
            apiVersion: v1
            kind: ConfigMap
            metadata:
              labels:
                a: b
              name: b
            spec:
              l:
                a: b
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata:
              labels:
                a: b
                only: two
              name: c
            spec:
              l:
                a: b

            """#)

    /// What a component says of fields holds for the kustomization that takes it in.
    private static let configurationComponent = Golden(
        name: "configuration-component", target: ".",
        files: [
            "kustomization.yaml": #"""
            resources: [a.yaml]
            components: [comp]
            commonLabels: {a: b}

            """#,
            "comp/kustomization.yaml": #"""
            apiVersion: kustomize.config.k8s.io/v1alpha1
            kind: Component
            configurations: [c.yaml]

            """#,
            "comp/c.yaml": #"""
            commonLabels: [{path: spec/l, create: true, kind: ConfigMap}]

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
                a: b
              name: b
            spec:
              l:
                a: b

            """#)

    /// Two components, each with field specifications, a prefix and one with a plugin, before the overlay's own.
    private static let configurationComponents = Golden(
        name: "configuration-components", target: "overlay",
        files: [
            "overlay/kustomization.yaml": #"""
            resources: [../base]
            components: [../comp1, ../comp2]
            namePrefix: o-
            images: [{name: a, newTag: "3"}]

            """#,
            "base/kustomization.yaml": #"""
            resources: [a.yaml]

            """#,
            "base/a.yaml": #"""
            apiVersion: e/v1
            kind: My
            metadata: {name: m}
            spec: {img: "a:1", ref: {name: cm}, other: x}
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: cm}

            """#,
            "comp1/kustomization.yaml": #"""
            apiVersion: kustomize.config.k8s.io/v1alpha1
            kind: Component
            configurations: [c.yaml]
            namePrefix: c1-

            """#,
            "comp1/c.yaml": #"""
            images: [{path: spec/img, kind: My}]
            namePrefix: [{path: spec/other, kind: My}]

            """#,
            "comp2/kustomization.yaml": #"""
            apiVersion: kustomize.config.k8s.io/v1alpha1
            kind: Component
            crds: [c.yaml]
            namePrefix: c2-
            transformers:
            - |-
              apiVersion: builtin
              kind: AnnotationsTransformer
              metadata: {name: a}
              annotations: {x: "1"}
              fieldSpecs: [{path: metadata/annotations, create: true, kind: ConfigMap}]

            """#,
            "comp2/c.yaml": #"""
            e.v1.My: {Schema: {properties: {apiVersion: {}, kind: {}, metadata: {}, spec: {$ref: e.v1.Spec}}}}
            e.v1.Spec: {Schema: {properties: {ref: {x-kubernetes-object-ref-api-version: v1, x-kubernetes-object-ref-kind: ConfigMap}}}}

            """#,
        ],
        expected: #"""
            apiVersion: v1
            kind: ConfigMap
            metadata:
              annotations:
                x: "1"
              name: o-c2-c1-cm
            ---
            apiVersion: e/v1
            kind: My
            metadata:
              name: o-c2-c1-m
            spec:
              img: a:3
              other: o-c2-c1-x
              ref:
                name: o-c2-c1-cm

            """#)

    /// Which list of field specifications each kind of label goes by.
    private static let configurationLabels = Golden(
        name: "configuration-labels", target: ".",
        files: [
            "kustomization.yaml": #"""
            resources: [a.yaml]
            configurations: [c.yaml]
            labels: [{pairs: {x: xx}}, {pairs: {t: tt}, includeTemplates: true}, {pairs: {s: ss}, includeSelectors: true}]
            commonLabels: {cl: cl}
            commonAnnotations: {an: an}

            """#,
            "c.yaml": #"""
            labels: [{path: spec/labels, create: true, kind: My}]
            templateLabels: [{path: spec/templateLabels, create: true, kind: My}]
            commonLabels: [{path: spec/commonLabels, create: true, kind: My}]
            commonAnnotations: [{path: spec/commonAnnotations, create: true, kind: My}]

            """#,
            "a.yaml": #"""
            apiVersion: example.com/v1
            kind: My
            metadata: {name: m}

            """#,
        ],
        expected: #"""
            apiVersion: example.com/v1
            kind: My
            metadata:
              annotations:
                an: an
              labels:
                cl: cl
                s: ss
                t: tt
                x: xx
              name: m
            spec:
              commonAnnotations:
                an: an
              commonLabels:
                cl: cl
                s: ss
              labels:
                s: ss
                t: tt
                x: xx
              templateLabels:
                t: tt

            """#)

    /// A specification for one kind hides the one for all kinds, which is left out when the two merge; definitions of kinds keep their names.
    private static let configurationHides = Golden(
        name: "configuration-hides", target: ".",
        files: [
            "kustomization.yaml": #"""
            resources: [a.yaml]
            namePrefix: p-
            nameSuffix: -s
            configurations: [c.yaml, d.yaml]

            """#,
            "c.yaml": #"""
            nameSuffix: [{path: spec/n, kind: My}]

            """#,
            "d.yaml": #"""
            nameSuffix: [{path: spec/n, kind: My}]
            namePrefix: [{path: metadata/name, kind: My}, {path: metadata/name, kind: CustomResourceDefinition}]

            """#,
            "a.yaml": #"""
            apiVersion: v1
            kind: My
            metadata: {name: b}
            spec: {n: abc}

            """#,
        ],
        expected: #"""
            apiVersion: v1
            kind: My
            metadata:
              name: p-b-s
            spec:
              "n": abc-s

            """#)

    /// A label entry's own field for one kind takes the place of metadata.labels of all.
    private static let labelFieldHides = Golden(
        name: "label-field-hides", target: ".",
        files: [
            "kustomization.yaml": #"""
            resources: [a.yaml]
            labels: [{pairs: {x: xx}, fields: [{path: metadata/labels, kind: Foo, create: true}]}]

            """#,
            "a.yaml": #"""
            apiVersion: example.com/v1
            kind: My
            metadata: {name: m}

            """#,
        ],
        expected: #"""
            apiVersion: example.com/v1
            kind: My
            metadata:
              name: m

            """#)

    /// References, labels, annotations and identities by the extensions of OpenAPI definitions.
    private static let crds = Golden(
        name: "crds", target: ".",
        files: [
            "kustomization.yaml": #"""
            resources: [a.yaml]
            crds: [crd.json]
            namePrefix: p-
            commonLabels: {l: l}
            commonAnnotations: {an: an}

            """#,
            "crd.json": #"""
            {"github.com/example/pkg/apis/jingfang/v1beta1.MyKind": {"Schema": {"properties": {
              "apiVersion": {"type":"string"}, "kind": {"type":"string"}, "metadata": {"$ref":"k8s.io/ObjectMeta"},
              "spec": {"$ref":"github.com/example/pkg/apis/jingfang/v1beta1.MyKindSpec"}, "status": {"type":"object"}}}},
             "github.com/example/pkg/apis/jingfang/v1beta1.MyKindSpec": {"Schema": {"properties": {
              "beeRef": {"x-kubernetes-object-ref-api-version": "v1beta1", "x-kubernetes-object-ref-kind": "Bee", "$ref": "github.com/example/pkg/apis/jingfang/v1beta1.Bee"},
              "secretRef": {"description":"x","x-kubernetes-object-ref-api-version": "v1", "x-kubernetes-object-ref-kind": "Secret", "x-kubernetes-object-ref-name-key": "sname", "$ref": "k8s.io/SecretRef"},
              "sel": {"x-kubernetes-label-selector": "", "type": "object"},
              "anno": {"x-kubernetes-annotation": "", "type": "object"},
              "ident": {"x-kubernetes-identity": "", "type": "string"}
             }}}}

            """#,
            "a.yaml": #"""
            apiVersion: jingfang.example.com/v1beta1
            kind: MyKind
            metadata: {name: mk}
            spec: {beeRef: {name: bee}, secretRef: {sname: sec}, sel: {z: z}, anno: {z: z}, ident: idd}
            ---
            apiVersion: v1beta1
            kind: Bee
            metadata: {name: bee}
            ---
            apiVersion: v1
            kind: Secret
            metadata: {name: sec}

            """#,
        ],
        expected: #"""
            apiVersion: v1
            kind: Secret
            metadata:
              annotations:
                an: an
              labels:
                l: l
              name: p-sec
            ---
            apiVersion: jingfang.example.com/v1beta1
            kind: MyKind
            metadata:
              annotations:
                an: an
              labels:
                l: l
              name: p-mk
            spec:
              anno:
                an: an
                z: z
              beeRef:
                name: p-bee
              ident: p-idd
              secretRef:
                sname: p-sec
              sel:
                l: l
                z: z
            ---
            apiVersion: v1beta1
            kind: Bee
            metadata:
              annotations:
                an: an
              labels:
                l: l
              name: p-bee

            """#)
}
