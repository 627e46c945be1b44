// SPDX-License-Identifier: Apache-2.0

import Kubernetes
import Transport

extension RecordedRefusal {
    static let others: [RecordedRefusal] = [
        RecordedRefusal(
            name: "immutable-and-invalid 1", status: 422, headers: ["content-type": "application/json"], code: .invalid,
            says: "may not change once set", hides: "10.0.9.9",
            body: #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Service \"s\#
                \" is invalid: spec.clusterIPs[0]: Invalid value: [\"10.0.9.9\"]: may not change once set"\#
                ,"reason":"Invalid","details":{"name":"s","kind":"Service","causes":[{"reason":"FieldValue\#
                Invalid","message":"Invalid value: [\"10.0.9.9\"]: may not change once set","field":"spec.\#
                clusterIPs[0]"}]},"code":422}
                """#),
        RecordedRefusal(
            name: "immutable-and-invalid 5", status: 422, headers: ["content-type": "application/json"], code: .invalid,
            says: "spec.template: field is immutable", hides: "m:2",
            body: #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Job.batch \\#
                "migrate\" is invalid: spec.template: Invalid value: {\"labels\":{\"batch.kubernetes.io/co\#
                ntroller-uid\":\"2eec8698-20ce-46fb-a7af-a547f8f460be\",\"batch.kubernetes.io/job-name\":\\#
                "migrate\",\"controller-uid\":\"2eec8698-20ce-46fb-a7af-a547f8f460be\",\"job-name\":\"migr\#
                ate\"},\"Spec\":{\"Volumes\":null,\"InitContainers\":null,\"Containers\":[{\"Name\":\"m\",\#
                \"Image\":\"m:2\",\"Command\":null,\"Args\":null,\"WorkingDir\":\"\",\"Ports\":null,\"EnvF\#
                rom\":null,\"Env\":null,\"Resources\":{\"Limits\":null,\"Requests\":null,\"Claims\":null},\#
                \"ResizePolicy\":null,\"RestartPolicy\":null,\"RestartPolicyRules\":null,\"VolumeMounts\":\#
                null,\"VolumeDevices\":null … adConstraints\":null,\"OS\":null,\"SchedulingGates\":null,\"\#
                ResourceClaims\":null,\"Resources\":null,\"HostnameOverride\":null,\"SchedulingGroup\":nul\#
                l}}: field is immutable","reason":"Invalid","details":{"name":"migrate","group":"batch","k\#
                ind":"Job","causes":[{"reason":"FieldValueInvalid","message":"Invalid value: {\"labels\":{\#
                \"batch.kubernetes.io/controller-uid\":\"2eec8698-20ce-46fb-a7af-a547f8f460be\",\"batch.ku\#
                bernetes.io/job-name\":\"migrate\",\"controller-uid\":\"2eec8698-20ce-46fb-a7af-a547f8f460\#
                be\",\"job-name\":\"migrate\"},\"Spec\":{\"Volumes\":null,\"InitContainers\":null,\"Contai\#
                ners\":[{\"Name\":\"m\",\"Image\":\"m:2\",\"Command\":null,\"Args\":null,\"WorkingDir\":\"\#
                \",\"Ports\":null,\"EnvFrom\":null,\"Env\":null,\"Resources\":{\"Limits\":null,\"Requests\\#
                ":null,\"Claims\":null},\"ResizePolicy\":null,\"RestartPolicy\":null,\"RestartPolicyRules\\#
                ":null,\"VolumeMounts\":null,\"VolumeDevices\":null,\"LivenessProbe\":null,\"ReadinessProb\#
                e\":null,\"St … adConstraints\":null,\"OS\":null,\"SchedulingGates\":null,\"ResourceClaims\#
                \":null,\"Resources\":null,\"HostnameOverride\":null,\"SchedulingGroup\":null}}: field is \#
                immutable","field":"spec.template"}]},"code":422}
                """#),
        RecordedRefusal(
            name: "immutable-and-invalid 7", status: 422, headers: ["content-type": "application/json"], code: .invalid,
            says: "updates to statefulset spec", hides: "",
            body: #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"StatefulSet\#
                .apps \"nats\" is invalid: spec: Forbidden: updates to statefulset spec for fields other t\#
                han 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persist\#
                entVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden","reason":"Invalid","de\#
                tails":{"name":"nats","group":"apps","kind":"StatefulSet","causes":[{"reason":"FieldValueF\#
                orbidden","message":"Forbidden: updates to statefulset spec for fields other than 'replica\#
                s', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeCla\#
                imRetentionPolicy' and 'minReadySeconds' are forbidden","field":"spec"}]},"code":422}
                """#),
        RecordedRefusal(
            name: "immutable-and-invalid 13", status: 422, headers: ["content-type": "application/json"],
            code: .invalid,
            says: "field is immutable when `immutable` is set", hides: "",
            body: #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Secret \"x\\#
                " is invalid: data: Forbidden: field is immutable when `immutable` is set","reason":"Inval\#
                id","details":{"name":"x","kind":"Secret","causes":[{"reason":"FieldValueForbidden","messa\#
                ge":"Forbidden: field is immutable when `immutable` is set","field":"data"}]},"code":422}
                """#),
        RecordedRefusal(
            name: "immutable-and-invalid 14", status: 500, headers: ["content-type": "application/json"],
            code: .invalid,
            says: "not base64", hides: "",
            body: #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"failed to c\#
                onvert new object (/y; /v1, Kind=Secret) to proper version: unable to convert unstructured\#
                 object to /v1, Kind=Secret: error decoding from json: illegal base64 data at input byte 3\#
                ","code":500}
                """#),
        RecordedRefusal(
            name: "immutable-and-invalid 16", status: 422, headers: ["content-type": "application/json"],
            code: .invalid,
            says: "cannot change roleRef", hides: "\"b\"",
            body: #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"RoleBinding\#
                .rbac.authorization.k8s.io \"rb\" is invalid: roleRef: Invalid value: {\"APIGroup\":\"rbac\#
                .authorization.k8s.io\",\"Kind\":\"Role\",\"Name\":\"b\"}: cannot change roleRef","reason"\#
                :"Invalid","details":{"name":"rb","group":"rbac.authorization.k8s.io","kind":"RoleBinding"\#
                ,"causes":[{"reason":"FieldValueInvalid","message":"Invalid value: {\"APIGroup\":\"rbac.au\#
                thorization.k8s.io\",\"Kind\":\"Role\",\"Name\":\"b\"}: cannot change roleRef","field":"ro\#
                leRef"}]},"code":422}
                """#),
        RecordedRefusal(
            name: "server-side-apply-configmap 3", status: 409, headers: ["content-type": "application/json"],
            code: .conflict,
            says: ".data.a (mainstay)", hides: "",
            body: #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Apply faile\#
                d with 1 conflict: conflict with \"mainstay\": .data.a","reason":"Conflict","details":{"ca\#
                uses":[{"reason":"FieldManagerConflict","message":"conflict with \"mainstay\"","field":".d\#
                ata.a"}]},"code":409}
                """#),
        RecordedRefusal(
            name: "server-side-apply-configmap 9", status: 422, headers: ["content-type": "application/json"],
            code: .invalid,
            says: "fieldManager: required value", hides: "",
            body: #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"PatchOption\#
                s.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch",\#
                "reason":"Invalid","details":{"group":"meta.k8s.io","kind":"PatchOptions","causes":[{"reas\#
                on":"FieldValueRequired","message":"Required value: is required for apply patch","field":"\#
                fieldManager"}]},"code":422}
                """#),
        RecordedRefusal(
            name: "server-side-apply-configmap 13", status: 400, headers: ["content-type": "application/json"],
            code: .invalid,
            says: "managedFields must not be sent", hides: "",
            body: #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"metadata.ma\#
                nagedFields must be nil","reason":"BadRequest","code":400}
                """#),
        RecordedRefusal(
            name: "server-side-apply-configmap 16", status: 500, headers: ["content-type": "application/json"],
            code: .invalid,
            says: ".extra: unknown field", hides: "",
            body: #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"failed to c\#
                reate typed patch object (t2/c; /v1, Kind=ConfigMap): .extra: field not declared in schema\#
                ","code":500}
                """#),
        RecordedRefusal(
            name: "server-side-apply-configmap 21", status: 400, headers: ["content-type": "application/json"],
            code: .invalid,
            says: "not valid YAML", hides: "node content",
            body: #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"error decod\#
                ing YAML: error converting YAML to JSON: yaml: line 1: did not find expected node content"\#
                ,"reason":"BadRequest","code":400}
                """#),
        RecordedRefusal(
            name: "configmap-crud 4", status: 409, headers: ["content-type": "application/json"], code: .conflict,
            says: "changed", hides: "",
            body: #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Operation c\#
                annot be fulfilled on configmaps \"c\": the object has been modified; please apply your ch\#
                anges to the latest version and try again","reason":"Conflict","details":{"name":"c","kind\#
                ":"configmaps"},"code":409}
                """#),
        RecordedRefusal(
            name: "configmap-crud 20", status: 400, headers: ["content-type": "application/json"], code: .invalid,
            says: "may hold values", hides: "apiVersion",
            body: #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"the object \#
                provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json pars\#
                e error: unexpected end of JSON input ({\"apiVersion\": \"v1\", )","reason":"BadRequest","\#
                code":400}
                """#),
        RecordedRefusal(
            name: "configmap-crud 32", status: 409, headers: ["content-type": "application/json"], code: .conflict,
            says: "made anew", hides: "17963d98",
            body: #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Operation c\#
                annot be fulfilled on ConfigMap \"c\": the UID in the precondition (00000000-0000-0000-000\#
                0-000000000000) does not match the UID in record (17963d98-e2eb-4c1a-9e64-0e7022d78abe). T\#
                he object might have been deleted and then recreated","reason":"Conflict","details":{"name\#
                ":"c","kind":"ConfigMap"},"code":409}
                """#),
        RecordedRefusal(
            name: "custom-resources 0", status: 404, headers: ["content-type": "text/plain; charset=utf-8"],
            code: .kindNotServed,
            says: "does not serve", hides: "",
            body: #"""
                404 page not found
                """#),
        RecordedRefusal(
            name: "custom-resources 4", status: 500, headers: ["content-type": "application/json"], code: .invalid,
            says: ".spec.unknown: unknown field", hides: "",
            body: #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"failed to c\#
                reate typed patch object (t4/w; example.com/v1, Kind=Widget): .spec.unknown: field not dec\#
                lared in schema","code":500}
                """#),
        RecordedRefusal(
            name: "custom-resources 9", status: 422, headers: ["content-type": "application/json"], code: .invalid,
            says: "spec.size", hides: "zzz",
            body: #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Widget.exam\#
                ple.com \"w\" is invalid: [spec.size: Invalid value: 0: spec.size in body should be greate\#
                r than or equal to 1, spec.mode: Unsupported value: \"zzz\": supported values: \"a\", \"b\\#
                "]","reason":"Invalid","details":{"name":"w","group":"example.com","kind":"Widget","causes\#
                ":[{"reason":"FieldValueInvalid","message":"Invalid value: 0: spec.size in body should be \#
                greater than or equal to 1","field":"spec.size"},{"reason":"FieldValueNotSupported","messa\#
                ge":"Unsupported value: \"zzz\": supported values: \"a\", \"b\"","field":"spec.mode"}]},"c\#
                ode":422}
                """#),
        RecordedRefusal(
            name: "custom-resources 13", status: 500, headers: ["content-type": "application/json"], code: .serverError,
            says: "outcome is unknown", hides: ".spec.replicas",
            body: #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Internal er\#
                ror occurred: the spec replicas field \".spec.replicas\" does not exist","reason":"Interna\#
                lError","details":{"causes":[{"message":"the spec replicas field \".spec.replicas\" does n\#
                ot exist"}]},"code":500}
                """#),
        RecordedRefusal(
            name: "namespaces 1", status: 409, headers: ["content-type": "application/json"], code: .alreadyExists,
            says: "exists already", hides: "",
            body: #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"namespaces \#
                \"t-ns\" already exists","reason":"AlreadyExists","details":{"name":"t-ns","kind":"namespa\#
                ces"},"code":409}
                """#),
        RecordedRefusal(
            name: "namespaces 3", status: 404, headers: ["content-type": "application/json"], code: .namespaceNotFound,
            says: "namespace absent does not exist", hides: "",
            body: #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"namespaces \#
                \"absent\" not found","reason":"NotFound","details":{"name":"absent","kind":"namespaces"},\#
                "code":404}
                """#),
        RecordedRefusal(
            name: "namespaces 5", status: 404, headers: ["content-type": "application/json"], code: .namespaceNotFound,
            says: "namespace absent does not exist", hides: "",
            body: #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"namespaces \#
                \"absent\" not found","reason":"NotFound","details":{"name":"absent","kind":"namespaces"},\#
                "code":404}
                """#),
        RecordedRefusal(
            name: "namespaces 9", status: 403, headers: ["content-type": "application/json"],
            code: .namespaceTerminating,
            says: "being deleted", hides: "",
            body: #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"configmaps \#
                \"late\" is forbidden: unable to create new content in namespace t-ns because it is being \#
                terminated","reason":"Forbidden","details":{"name":"late","kind":"configmaps","causes":[{"\#
                reason":"NamespaceTerminating","message":"namespace t-ns is being terminated","field":"met\#
                adata.namespace"}]},"code":403}
                """#),
        RecordedRefusal(
            name: "access 1", status: 401, headers: ["content-type": "application/json"], code: .unauthorized,
            says: "credentials", hides: "",
            body: #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Unauthorize\#
                d","reason":"Unauthorized","code":401}
                """#),
        RecordedRefusal(
            name: "access 3", status: 403, headers: ["content-type": "application/json"], code: .forbidden,
            says: "cannot patch resource", hides: "",
            body: #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"configmaps \#
                \"c\" is forbidden: User \"system:serviceaccount:t5:weak\" cannot patch resource \"configm\#
                aps\" in API group \"\" in the namespace \"t5\"","reason":"Forbidden","details":{"name":"c\#
                ","kind":"configmaps"},"code":403}
                """#),
        RecordedRefusal(
            name: "watch 14", status: 504, headers: ["content-type": "application/json", "retry-after": "1"],
            code: .expired,
            says: "has not seen", hides: "",
            body: #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Timeout: To\#
                o large resource version: 99999999, current: 376","reason":"Timeout","details":{"causes":[\#
                {"reason":"ResourceVersionTooLarge","message":"Too large resource version"}],"retryAfterSe\#
                conds":1},"code":504}
                """#),
    ]
}
