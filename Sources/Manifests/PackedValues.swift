// SPDX-License-Identifier: Apache-2.0

/// Values at rest: one array of bytes, in which every text stands once. A twentieth of what the trees take.
///
/// What it gives back is what it was made of, to the spelling of numbers and the order of keys. Never written anywhere:
/// the form is nobody's business but this file's.
package struct PackedValues: Sendable, Hashable {
    private let bytes: [UInt8]

    package init(_ values: [Value]) {
        var packer = ValuePacker()
        packer.pack(.array(values))
        bytes = packer.finished()
    }

    package var values: [Value] {
        bytes.withUnsafeBufferPointer { bytes in
            var unpacker = ValueUnpacker(bytes)
            return unpacker.value().array ?? []
        }
    }

    /// How many bytes it takes.
    package var size: Int { bytes.count }
}

/// A live object at rest.
package struct PackedObject: Sendable, Hashable {
    package let uid: String
    package let generation: Int64?
    private let values: PackedValues

    package init(_ object: Object) {
        uid = object.uid
        generation = object.generation
        values = PackedValues([.object(object)])
    }

    package var object: Object { values.values.first?.object ?? Object() }
}

/// Manifests at rest, in their order.
package struct PackedManifests: Sendable, Hashable {
    private let values: PackedValues

    package init(_ manifests: [Manifest]) {
        values = PackedValues(
            manifests.flatMap { manifest -> [Value] in
                let origin = manifest.origin
                return [
                    .object(manifest.object), .string(origin.file), .integer(Int64(origin.document)),
                    .integer(Int64(origin.line)), .integer(Int64(manifest.place)),
                ]
            })
    }

    package var manifests: [Manifest] {
        let values = values.values
        return stride(from: 0, to: values.count - 4, by: 5).compactMap { start in
            guard let object = values[start].object, let file = values[start + 1].string,
                let document = values[start + 2].integer, let line = values[start + 3].integer,
                let place = values[start + 4].integer
            else { return nil }
            return Manifest(
                object: object, origin: Origin(file: file, document: Int(document), line: Int(line)), place: Int(place))
        }
    }
}

/// Words that most objects have: they need not stand in each.
private enum PackedWords {
    static let all = [
        "apiVersion", "kind", "metadata", "name", "namespace", "labels", "annotations", "uid", "resourceVersion",
        "generation", "creationTimestamp", "ownerReferences", "controller", "blockOwnerDeletion", "finalizers", "spec",
        "status", "conditions", "type", "reason", "message", "lastTransitionTime", "lastUpdateTime", "lastProbeTime",
        "observedGeneration", "replicas", "readyReplicas", "updatedReplicas", "availableReplicas",
        "fullyLabeledReplicas", "selector", "matchLabels", "template", "containers", "initContainers", "image",
        "imagePullPolicy", "ports", "port", "targetPort", "containerPort", "protocol", "env", "value", "valueFrom",
        "envFrom", "configMapRef", "secretRef", "resources", "requests", "limits", "cpu", "memory", "livenessProbe",
        "readinessProbe", "startupProbe", "httpGet", "path", "scheme", "initialDelaySeconds", "periodSeconds",
        "timeoutSeconds", "successThreshold", "failureThreshold", "volumes", "volumeMounts", "mountPath", "configMap",
        "secret", "defaultMode", "serviceAccount", "serviceAccountName", "restartPolicy", "schedulerName",
        "securityContext", "terminationGracePeriodSeconds", "terminationMessagePath", "terminationMessagePolicy",
        "dnsPolicy", "strategy", "rollingUpdate", "maxSurge", "maxUnavailable", "progressDeadlineSeconds",
        "revisionHistoryLimit", "clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy",
        "sessionAffinity", "phase", "podIP", "podIPs", "hostIP", "hostIPs", "containerStatuses", "ready", "started",
        "restartCount", "state", "lastState", "running", "waiting", "terminated", "startedAt", "imageID", "containerID",
        "qosClass", "nodeName", "startTime", "v1", "apps/v1", "True", "False", "Always", "IfNotPresent", "TCP", "HTTP",
        "ClusterFirst", "default-scheduler", "/dev/termination-log", "File", "Ready", "Available", "Progressing",
        "Initialized", "ContainersReady", "PodScheduled", "Running", "Deployment", "ReplicaSet", "Pod", "Service",
        "ConfigMap", "Secret", "app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/part-of",
    ]
    static let places = Dictionary(all.enumerated().map { (Spelling(text: $1), $0) }) { first, _ in first }
}

/// A text by its bytes: equal texts may be spelled differently (Unicode's canonical equivalence), and come back as they
/// were.
private struct Spelling: Hashable {
    let text: String

    static func == (left: Spelling, right: Spelling) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

    func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

private enum PackedTag {
    static let null: UInt8 = 0
    static let no: UInt8 = 1
    static let yes: UInt8 = 2
    static let integer: UInt8 = 3
    static let number: UInt8 = 4
    static let string: UInt8 = 5
    static let array: UInt8 = 6
    static let object: UInt8 = 7
}

private struct ValuePacker {
    private var body: [UInt8] = []
    private var texts: [String] = []
    private var places: [Spelling: Int] = [:]

    mutating func pack(_ value: Value) {
        switch value {
        case .null: body.append(PackedTag.null)
        case .bool(let value): body.append(value ? PackedTag.yes : PackedTag.no)
        case .integer(let value):
            body.append(PackedTag.integer)
            Self.write(UInt64(bitPattern: (value << 1) ^ (value >> 63)), to: &body)
        case .number(let text):
            body.append(PackedTag.number)
            write(text)
        case .string(let text):
            body.append(PackedTag.string)
            write(text)
        case .array(let elements):
            body.append(PackedTag.array)
            Self.write(UInt64(elements.count), to: &body)
            for element in elements { pack(element) }
        case .object(let object):
            body.append(PackedTag.object)
            Self.write(UInt64(object.count), to: &body)
            for pair in object.pairs {
                write(pair.key)
                pack(pair.value)
            }
        }
    }

    private mutating func write(_ text: String) {
        let key = Spelling(text: text)
        if let place = PackedWords.places[key] { return Self.write(UInt64(place), to: &body) }
        let place = places[key] ?? texts.count
        if place == texts.count {
            texts.append(text)
            places[key] = place
        }
        Self.write(UInt64(PackedWords.all.count + place), to: &body)
    }

    /// Seven bits a byte, the lowest first.
    private static func write(_ number: UInt64, to bytes: inout [UInt8]) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    /// The texts, and then what refers to them; no byte more than that.
    func finished() -> [UInt8] {
        var head: [UInt8] = []
        Self.write(UInt64(texts.count), to: &head)
        for text in texts {
            Self.write(UInt64(text.utf8.count), to: &head)
            head += text.utf8
        }
        var whole: [UInt8] = []
        whole.reserveCapacity(head.count + body.count)
        whole += head
        whole += body
        return whole
    }
}

/// Reads what the packer wrote. A place outside of the bytes reads as nothing.
private struct ValueUnpacker {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0
    private var texts: [String] = []

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
        let count = Int(number())
        texts.reserveCapacity(count)
        for _ in 0..<count {
            let length = Int(number())
            let end = min(position + length, bytes.count)
            texts.append(String(decoding: bytes[position..<end], as: UTF8.self))
            position = end
        }
    }

    mutating func value() -> Value {
        switch byte() {
        case PackedTag.no: return .bool(false)
        case PackedTag.yes: return .bool(true)
        case PackedTag.integer:
            let folded = number()
            return .integer(Int64(bitPattern: folded >> 1) ^ -Int64(bitPattern: folded & 1))
        case PackedTag.number: return .number(text())
        case PackedTag.string: return .string(text())
        case PackedTag.array:
            let count = Int(number())
            var elements: [Value] = []
            elements.reserveCapacity(count)
            for _ in 0..<count { elements.append(value()) }
            return .array(elements)
        case PackedTag.object:
            let count = Int(number())
            var pairs: [Object.Pair] = []
            pairs.reserveCapacity(count)
            for _ in 0..<count { pairs.append(Object.Pair(key: text(), value: value())) }
            return .object(Object(uniqueKeysWithValues: pairs))
        default: return .null
        }
    }

    private mutating func byte() -> UInt8 {
        guard position < bytes.count else { return PackedTag.null }
        defer { position += 1 }
        return bytes[position]
    }

    private mutating func number() -> UInt64 {
        var result: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let next = byte()
            result |= UInt64(next & 0x7F) << shift
            guard next >= 0x80 else { return result }
            shift += 7
        }
    }

    private mutating func text() -> String {
        var place = Int(number())
        if place < PackedWords.all.count { return PackedWords.all[place] }
        place -= PackedWords.all.count
        return texts.indices.contains(place) ? texts[place] : ""
    }
}
