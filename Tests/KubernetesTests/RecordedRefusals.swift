// SPDX-License-Identifier: Apache-2.0

import Kubernetes
import Testing
import Transport

/// Refusals recorded from kube-apiserver v1.36.2, and what is to be made of them.
struct RecordedRefusal: Sendable, CustomTestStringConvertible {
    let name: String
    let status: Int
    let headers: HTTPHeaders
    let code: KubernetesError.Code
    /// What the description must say.
    let says: String
    /// A value of the object that stands in the server's message and must not come through; empty for none.
    let hides: String
    let body: String

    var testDescription: String { name }

    var response: HTTPResponse { HTTPResponse(status: status, headers: headers, body: Array(body.utf8)) }
}

extension RecordedRefusal {
    static let all = mistakes + others

    private static let mistakes: [RecordedRefusal] = [
        RecordedRefusal(
            name: "mistakes 3", status: 422, headers: ["content-type": "application/json"], code: .invalid,
            says: "metadata.labels: a label's value must be letters", hides: "bad value!",
            body: #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Deployment.\#
                apps \"x\" is invalid: metadata.labels: Invalid value: \"bad value!\": a valid label must \#
                be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start \#
                and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex\#
                 used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')","reason":"Invalid"\#
                ,"details":{"name":"x","group":"apps","kind":"Deployment","causes":[{"reason":"FieldValueI\#
                nvalid","message":"Invalid value: \"bad value!\": a valid label must be an empty string or\#
                 consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alpha\#
                numeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation \#
                is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')","field":"metadata.labels"}]},"code":422\#
                }
                """#),
        RecordedRefusal(
            name: "mistakes 4", status: 400, headers: ["content-type": "application/json"], code: .invalid,
            says: "metadata.annotations: wrong type, expected string", hides: "",
            body: #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Deployment \#
                in version \"v1\" cannot be handled as a Deployment: json: cannot unmarshal number into Go\#
                 struct field ObjectMeta.metadata.annotations of type string","reason":"BadRequest","code"\#
                :400}
                """#),
        RecordedRefusal(
            name: "mistakes 6", status: 400, headers: ["content-type": "application/json"], code: .invalid,
            says: "namespace is not the one", hides: "",
            body: #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"the namespa\#
                ce of the provided object does not match the namespace sent on the request","reason":"BadR\#
                equest","code":400}
                """#),
        RecordedRefusal(
            name: "mistakes 7", status: 422, headers: ["content-type": "application/json"], code: .invalid,
            says: "spec.replicas: must be greater than or equal to 0", hides: "-1",
            body: #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Deployment.\#
                apps \"x\" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to \#
                0","reason":"Invalid","details":{"name":"x","group":"apps","kind":"Deployment","causes":[{\#
                "reason":"FieldValueInvalid","message":"Invalid value: -1: must be greater than or equal t\#
                o 0","field":"spec.replicas"}]},"code":422}
                """#),
        RecordedRefusal(
            name: "mistakes 8", status: 400, headers: ["content-type": "application/json"], code: .invalid,
            says: "spec.replicas: wrong type, expected int32", hides: "1.5",
            body: #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Deployment \#
                in version \"v1\" cannot be handled as a Deployment: json: cannot unmarshal number 1.5 int\#
                o Go struct field DeploymentSpec.spec.replicas of type int32","reason":"BadRequest","code"\#
                :400}
                """#),
        RecordedRefusal(
            name: "mistakes 10", status: 422, headers: ["content-type": "application/json"], code: .invalid,
            says: "spec.selector: required value", hides: "{\"app\"",
            body: #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Deployment.\#
                apps \"x\" is invalid: [spec.selector: Required value, spec.template.metadata.labels: Inva\#
                lid value: {\"app\":\"x\"}: `selector` does not match template `labels`]","reason":"Invali\#
                d","details":{"name":"x","group":"apps","kind":"Deployment","causes":[{"reason":"FieldValu\#
                eRequired","message":"Required value","field":"spec.selector"},{"reason":"FieldValueInvali\#
                d","message":"Invalid value: {\"app\":\"x\"}: `selector` does not match template `labels`"\#
                ,"field":"spec.template.metadata.labels"}]},"code":422}
                """#),
        RecordedRefusal(
            name: "mistakes 11", status: 422, headers: ["content-type": "application/json"], code: .invalid,
            says: "spec.strategy", hides: "Fast",
            body: #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Deployment.\#
                apps \"x\" is invalid: spec.strategy: Unsupported value: {\"Type\":\"Fast\",\"RollingUpdat\#
                e\":null}: supported values: \"Recreate\", \"RollingUpdate\"","reason":"Invalid","details"\#
                :{"name":"x","group":"apps","kind":"Deployment","causes":[{"reason":"FieldValueNotSupporte\#
                d","message":"Unsupported value: {\"Type\":\"Fast\",\"RollingUpdate\":null}: supported val\#
                ues: \"Recreate\", \"RollingUpdate\"","field":"spec.strategy"}]},"code":422}
                """#),
        RecordedRefusal(
            name: "mistakes 12", status: 422, headers: ["content-type": "application/json"], code: .invalid,
            says: "may not be specified when strategy", hides: "",
            body: #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Deployment.\#
                apps \"x\" is invalid: spec.strategy.rollingUpdate: Forbidden: may not be specified when s\#
                trategy `type` is 'Recreate'","reason":"Invalid","details":{"name":"x","group":"apps","kin\#
                d":"Deployment","causes":[{"reason":"FieldValueForbidden","message":"Forbidden: may not be\#
                 specified when strategy `type` is 'Recreate'","field":"spec.strategy.rollingUpdate"}]},"c\#
                ode":422}
                """#),
        RecordedRefusal(
            name: "mistakes 13", status: 422, headers: ["content-type": "application/json"], code: .invalid,
            says: "may not be 0 when `maxSurge` is 0", hides: "",
            body: #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Deployment.\#
                apps \"x\" is invalid: spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may n\#
                ot be 0 when `maxSurge` is 0","reason":"Invalid","details":{"name":"x","group":"apps","kin\#
                d":"Deployment","causes":[{"reason":"FieldValueInvalid","message":"Invalid value: 0: may n\#
                ot be 0 when `maxSurge` is 0","field":"spec.strategy.rollingUpdate.maxUnavailable"}]},"cod\#
                e":422}
                """#),
        RecordedRefusal(
            name: "mistakes 20", status: 422, headers: ["content-type": "application/json"], code: .invalid,
            says: "ports[1].name: duplicate value", hides: "\"a\"",
            body: #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Deployment.\#
                apps \"x\" is invalid: spec.template.spec.containers[0].ports[1].name: Duplicate value: \"\#
                a\"","reason":"Invalid","details":{"name":"x","group":"apps","kind":"Deployment","causes":\#
                [{"reason":"FieldValueDuplicate","message":"Duplicate value: \"a\"","field":"spec.template\#
                .spec.containers[0].ports[1].name"}]},"code":422}
                """#),
        RecordedRefusal(
            name: "mistakes 23", status: 400, headers: ["content-type": "application/json"], code: .invalid,
            says: "spec.template.spec.containers.env.value: wrong type, expected string", hides: "",
            body: #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Deployment \#
                in version \"v1\" cannot be handled as a Deployment: json: cannot unmarshal number into Go\#
                 struct field EnvVar.spec.template.spec.containers.env.value of type string","reason":"Bad\#
                Request","code":400}
                """#),
        RecordedRefusal(
            name: "mistakes 28", status: 400, headers: ["content-type": "application/json"], code: .invalid,
            says: "a quantity is not well formed", hides: "",
            body: #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Deployment \#
                in version \"v1\" cannot be handled as a Deployment: quantities must match the regular exp\#
                ression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'","reason":"BadRequest","code":400}
                """#),
        RecordedRefusal(
            name: "mistakes 31", status: 422, headers: ["content-type": "application/json"], code: .invalid,
            says: "refers to something that does not exist", hides: "\"no\"",
            body: #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Deployment.\#
                apps \"x\" is invalid: spec.template.spec.containers[0].volumeMounts[0].name: Not found: \\#
                "no\"","reason":"Invalid","details":{"name":"x","group":"apps","kind":"Deployment","causes\#
                ":[{"reason":"FieldValueNotFound","message":"Not found: \"no\"","field":"spec.template.spe\#
                c.containers[0].volumeMounts[0].name"}]},"code":422}
                """#),
        RecordedRefusal(
            name: "mistakes 40", status: 400, headers: ["content-type": "application/json"], code: .invalid,
            says: "nodeSelector: wrong type, expected map[string]string", hides: "",
            body: #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Deployment \#
                in version \"v1\" cannot be handled as a Deployment: json: cannot unmarshal string into Go\#
                 struct field PodSpec.spec.template.spec.nodeSelector of type map[string]string","reason":\#
                "BadRequest","code":400}
                """#),
        RecordedRefusal(
            name: "mistakes 44", status: 400, headers: ["content-type": "application/json"], code: .invalid,
            says: "spec.replcas: unknown field", hides: "",
            body: #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Deployment \#
                in version \"v1\" cannot be handled as a Deployment: strict decoding error: unknown field \#
                \"spec.replcas\"","reason":"BadRequest","code":400}
                """#),
        RecordedRefusal(
            name: "mistakes 46", status: 404, headers: ["content-type": "application/json"], code: .kindNotServed,
            says: "does not serve", hides: "",
            body: #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"the server \#
                could not find the requested resource","reason":"NotFound","details":{},"code":404}
                """#),
        RecordedRefusal(
            name: "mistakes 49", status: 422, headers: ["content-type": "application/json"], code: .invalid,
            says: "spec.type: supported values", hides: "Magic",
            body: #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Service \"x\#
                \" is invalid: spec.type: Unsupported value: \"Magic\": supported values: \"ClusterIP\", \\#
                "ExternalName\", \"LoadBalancer\", \"NodePort\"","reason":"Invalid","details":{"name":"x",\#
                "kind":"Service","causes":[{"reason":"FieldValueNotSupported","message":"Unsupported value\#
                : \"Magic\": supported values: \"ClusterIP\", \"ExternalName\", \"LoadBalancer\", \"NodePo\#
                rt\"","field":"spec.type"}]},"code":422}
                """#),
        RecordedRefusal(
            name: "mistakes 53", status: 400, headers: ["content-type": "application/json"], code: .invalid,
            says: "not base64", hides: "",
            body: #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Secret in v\#
                ersion \"v1\" cannot be handled as a Secret: illegal base64 data at input byte 5","reason"\#
                :"BadRequest","code":400}
                """#),
        RecordedRefusal(
            name: "mistakes 54", status: 422, headers: ["content-type": "application/json"], code: .invalid,
            says: "data[tls.crt]: required value", hides: "",
            body: #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Secret \"x\\#
                " is invalid: [data[tls.crt]: Required value, data[tls.key]: Required value]","reason":"In\#
                valid","details":{"name":"x","kind":"Secret","causes":[{"reason":"FieldValueRequired","mes\#
                sage":"Required value","field":"data[tls.crt]"},{"reason":"FieldValueRequired","message":"\#
                Required value","field":"data[tls.key]"}]},"code":422}
                """#),
        RecordedRefusal(
            name: "mistakes 56", status: 400, headers: ["content-type": "application/json"], code: .invalid,
            says: "spec.rules[0].http.paths[0].backend.serviceName: unknown field", hides: "",
            body: #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Ingress in \#
                version \"v1\" cannot be handled as a Ingress: strict decoding error: unknown field \"spec\#
                .rules[0].http.paths[0].backend.serviceName\", unknown field \"spec.rules[0].http.paths[0]\#
                .backend.servicePort\"","reason":"BadRequest","code":400}
                """#),
        RecordedRefusal(
            name: "mistakes 57", status: 422, headers: ["content-type": "application/json"], code: .invalid,
            says: "spec.template.spec.restartPolicy", hides: "",
            body: #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Job.batch \\#
                "x\" is invalid: spec.template.spec.restartPolicy: Required value: valid values: \"OnFailu\#
                re\", \"Never\"","reason":"Invalid","details":{"name":"x","group":"batch","kind":"Job","ca\#
                uses":[{"reason":"FieldValueRequired","message":"Required value: valid values: \"OnFailure\#
                \", \"Never\"","field":"spec.template.spec.restartPolicy"}]},"code":422}
                """#),
        RecordedRefusal(
            name: "mistakes 60", status: 422, headers: ["content-type": "application/json"], code: .invalid,
            says: "minAvailable and maxUnavailable cannot be both set", hides: "matchLabels",
            body: #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"PodDisrupti\#
                onBudget.policy \"x\" is invalid: spec: Invalid value: {\"MinAvailable\":1,\"Selector\":{\\#
                "matchLabels\":{\"app\":\"x\"}},\"MaxUnavailable\":1,\"UnhealthyPodEvictionPolicy\":null}:\#
                 minAvailable and maxUnavailable cannot be both set","reason":"Invalid","details":{"name":\#
                "x","group":"policy","kind":"PodDisruptionBudget","causes":[{"reason":"FieldValueInvalid",\#
                "message":"Invalid value: {\"MinAvailable\":1,\"Selector\":{\"matchLabels\":{\"app\":\"x\"\#
                }},\"MaxUnavailable\":1,\"UnhealthyPodEvictionPolicy\":null}: minAvailable and maxUnavaila\#
                ble cannot be both set","field":"spec"}]},"code":422}
                """#),
        RecordedRefusal(
            name: "mistakes 63", status: 422, headers: ["content-type": "application/json"], code: .invalid,
            says: "must be a valid CIDR value", hides: "nope",
            body: #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"NetworkPoli\#
                cy.networking.k8s.io \"x\" is invalid: spec.ingress[0].from[0].ipBlock.cidr: Invalid value\#
                : \"nope\": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)","reason":"Inv\#
                alid","details":{"name":"x","group":"networking.k8s.io","kind":"NetworkPolicy","causes":[{\#
                "reason":"FieldValueInvalid","message":"Invalid value: \"nope\": must be a valid CIDR valu\#
                e, (e.g. 10.9.8.0/24 or 2001:db8::/64)","field":"spec.ingress[0].from[0].ipBlock.cidr"}]},\#
                "code":422}
                """#),
    ]
}
