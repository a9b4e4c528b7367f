package io.jukung.cli.text;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.MapEntry;
import com.google.protobuf.Message;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Protobuf messages as maps and lists, by the JSON mapping of proto3: names in lowerCamelCase,
 * 64-bit numbers as strings, bytes as base64. Scalar fields with their default value are included;
 * message fields that are not set are left out.
 */
final class ProtoTree {
  private ProtoTree() {}

  static Map<String, Object> of(Message message) {
    var tree = new LinkedHashMap<String, Object>();
    for (FieldDescriptor field : message.getDescriptorForType().getFields()) {
      if (!field.hasPresence() || message.hasField(field)) {
        tree.put(field.getJsonName(), value(field, message.getField(field)));
      }
    }
    return tree;
  }

  private static Object value(FieldDescriptor field, Object value) {
    if (field.isMapField()) {
      var map = new LinkedHashMap<String, Object>();
      for (Object entry : (List<?>) value) {
        MapEntry<?, ?> pair = (MapEntry<?, ?>) entry;
        map.put(String.valueOf(pair.getKey()), scalar(pair.getValue()));
      }
      return map;
    }
    return value instanceof List<?> list
        ? list.stream().map(ProtoTree::scalar).toList()
        : scalar(value);
  }

  private static Object scalar(Object value) {
    return switch (value) {
      case Message message -> of(message);
      case EnumValueDescriptor constant -> constant.getName();
      case ByteString bytes -> Base64.getEncoder().encodeToString(bytes.toByteArray());
      case Long number -> number.toString();
      default -> value;
    };
  }
}
