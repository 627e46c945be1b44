// SPDX-License-Identifier: Apache-2.0

extension Golden {
    static let schemas = [
        openapi,
        openapiNested,
        openapiOuter,
        openapiKeys,
        openapiScope,
    ]

    /// An own schema gives merge keys to own kinds, and takes them from built-in kinds that it leaves out.
    private static let openapi = Golden(
        name: "openapi", target: ".",
        files: [
            "kustomization.yaml": #"""
            resources: [a.yaml]
            openapi: {path: s.json}
            patches:
            - patch: |-
                apiVersion: example.com/v1
                kind: MyCRD
                metadata: {name: m}
                spec: {template: {spec: {containers: [{name: server, image: new}]}}}
            - patch: |-
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: d}
                spec: {template: {spec: {containers: [{name: server, image: new}]}}}

            """#,
            "s.json": #"""
            {"definitions": {
             "v1.MyCRD": {
              "properties": {"apiVersion": {"type":"string"}, "kind": {"type":"string"}, "metadata": {"type":"object"},
                "spec": {"properties": {"template": {"$ref": "#/definitions/io.k8s.api.core.v1.PodTemplateSpec"}}, "type":"object"}},
              "type": "object",
              "x-kubernetes-group-version-kind": [{"group":"example.com","kind":"MyCRD","version":"v1"}]},
             "io.k8s.api.core.v1.PodTemplateSpec": {"properties": {"spec": {"$ref": "#/definitions/io.k8s.api.core.v1.PodSpec"}}, "type":"object"},
             "io.k8s.api.core.v1.PodSpec": {"properties": {"containers": {"items": {"$ref": "#/definitions/io.k8s.api.core.v1.Container"}, "type":"array", "x-kubernetes-patch-merge-key":"name","x-kubernetes-patch-strategy":"merge"}}, "type":"object"},
             "io.k8s.api.core.v1.Container": {"properties": {"name": {"type":"string"}}, "type":"object"}
            }}

            """#,
            "a.yaml": #"""
            apiVersion: example.com/v1
            kind: MyCRD
            metadata: {name: m}
            spec: {template: {spec: {containers: [{name: server, image: old, command: [x]}, {name: two, image: t}]}}}
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: d}
            spec: {template: {spec: {containers: [{name: server, image: old, command: [x]}, {name: two, image: t}]}}}

            """#,
        ],
        expected: #"""
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              name: d
            spec:
              template:
                spec:
                  containers:
                  - image: new
                    name: server
            ---
            apiVersion: example.com/v1
            kind: MyCRD
            metadata:
              name: m
            spec:
              template:
                spec:
                  containers:
                  - command:
                    - x
                    image: new
                    name: server
                  - image: t
                    name: two

            """#)

    /// The schema of a base holds for all of the build; its types may be nested where they are used.
    private static let openapiNested = Golden(
        name: "openapi-nested", target: "overlay",
        files: [
            "overlay/kustomization.yaml": #"""
            resources: [../base]
            patches:
            - patch: |-
                apiVersion: example.com/v1
                kind: MyCRD
                metadata: {name: m}
                spec: {list: [{id: server, image: newer}]}

            """#,
            "base/kustomization.yaml": #"""
            resources: [a.yaml]
            openapi: {path: s.yaml}
            patches:
            - patch: |-
                apiVersion: example.com/v1
                kind: MyCRD
                metadata: {name: m}
                spec: {list: [{id: server, other: new}]}

            """#,
            "base/s.yaml": #"""
            definitions:
              any.name:
                x-kubernetes-group-version-kind: [{group: example.com, kind: MyCRD, version: v1}]
                type: object
                properties:
                  spec:
                    type: object
                    properties:
                      list: {type: array, x-kubernetes-patch-merge-key: id, x-kubernetes-patch-strategy: merge, items: {type: object, properties: {id: {type: string}}}}

            """#,
            "base/a.yaml": #"""
            apiVersion: example.com/v1
            kind: MyCRD
            metadata: {name: m}
            spec: {list: [{id: server, image: old}, {id: two, image: t}]}

            """#,
        ],
        expected: #"""
            apiVersion: example.com/v1
            kind: MyCRD
            metadata:
              name: m
            spec:
              list:
              - id: server
                image: newer
                other: new
              - id: two
                image: t

            """#)

    /// The outermost choice of a schema counts: the one of a base is not taken.
    private static let openapiOuter = Golden(
        name: "openapi-outer", target: "overlay",
        files: [
            "overlay/kustomization.yaml": #"""
            resources: [../base]
            openapi: {version: v1.21.2}

            """#,
            "base/kustomization.yaml": #"""
            resources: [a.yaml]
            openapi: {path: s.yaml}
            patches:
            - patch: |-
                apiVersion: example.com/v1
                kind: MyCRD
                metadata: {name: m}
                spec: {list: [{id: server, other: new}]}
            - patch: |-
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: d}
                spec: {template: {spec: {containers: [{name: server, image: new}]}}}

            """#,
            "base/s.yaml": #"""
            definitions:
              any.name:
                x-kubernetes-group-version-kind: [{group: example.com, kind: MyCRD, version: v1}]
                type: object
                properties:
                  spec:
                    type: object
                    properties:
                      list: {type: array, x-kubernetes-patch-merge-key: id, x-kubernetes-patch-strategy: merge, items: {type: object, properties: {id: {type: string}}}}

            """#,
            "base/a.yaml": #"""
            apiVersion: example.com/v1
            kind: MyCRD
            metadata: {name: m}
            spec: {list: [{id: server, image: old}, {id: two, image: t}]}
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: d}
            spec: {template: {spec: {containers: [{name: server, image: old, command: [x]}, {name: two, image: t}]}}}

            """#,
        ],
        expected: #"""
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              name: d
            spec:
              template:
                spec:
                  containers:
                  - command:
                    - x
                    image: new
                    name: server
                  - image: t
                    name: two
            ---
            apiVersion: example.com/v1
            kind: MyCRD
            metadata:
              name: m
            spec:
              list:
              - id: server
                other: new

            """#)

    /// A merge key alone merges nothing; a strategy without a key joins plain lists.
    private static let openapiKeys = Golden(
        name: "openapi-keys", target: ".",
        files: [
            "kustomization.yaml": #"""
            resources: [a.yaml]
            openapi: {path: s.yaml}
            patches:
            - patch: |-
                apiVersion: example.com/v1
                kind: MyCRD
                metadata: {name: m}
                spec: {list: [{id: server, other: new}], set: [c]}

            """#,
            "s.yaml": #"""
            definitions:
              any.name:
                x-kubernetes-group-version-kind: [{group: example.com, kind: MyCRD, version: v1}]
                type: object
                properties:
                  spec:
                    type: object
                    properties:
                      list: {type: array, x-kubernetes-patch-merge-key: id, items: {type: object, properties: {id: {type: string}}}}
                      set: {type: array, x-kubernetes-patch-strategy: merge, items: {type: string}}

            """#,
            "a.yaml": #"""
            apiVersion: example.com/v1
            kind: MyCRD
            metadata: {name: m}
            spec: {list: [{id: server, image: old}, {id: two, image: t}], set: [a, b]}

            """#,
        ],
        expected: #"""
            apiVersion: example.com/v1
            kind: MyCRD
            metadata:
              name: m
            spec:
              list:
              - id: server
                other: new
              set:
              - c
              - a
              - b

            """#)

    /// The paths of a schema say which kinds have no namespace.
    private static let openapiScope = Golden(
        name: "openapi-scope", target: ".",
        files: [
            "kustomization.yaml": #"""
            resources: [a.yaml]
            namespace: foo
            openapi: {path: s.yaml}

            """#,
            "s.yaml": #"""
            definitions:
              any.name:
                x-kubernetes-group-version-kind: [{group: example.com, kind: MyCRD, version: v1}]
                type: object
            paths:
              /apis/example.com/v1/mycrds:
                get:
                  x-kubernetes-action: list
                  x-kubernetes-group-version-kind: {group: example.com, kind: MyCRD, version: v1}

            """#,
            "a.yaml": #"""
            apiVersion: example.com/v1
            kind: MyCRD
            metadata: {name: m}

            """#,
        ],
        expected: #"""
            apiVersion: example.com/v1
            kind: MyCRD
            metadata:
              name: m

            """#)
}
