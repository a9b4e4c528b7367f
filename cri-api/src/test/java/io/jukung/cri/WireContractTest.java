package io.jukung.cri;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServiceDescriptor;
import io.jukung.cri.v1.ImageServiceGrpc;
import io.jukung.cri.v1.RuntimeProto;
import io.jukung.cri.v1.RuntimeServiceGrpc;
import io.jukung.shim.v1.ToShim;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Compares {@code runtime.proto} with the published wire contract, {@code cri-v1-wire.tsv}. Both
 * are turned into lines of one format that must be equal, so that a missing field and a surplus
 * field both fail the test.
 */
class WireContractTest {
  private static final FileDescriptor FILE = RuntimeProto.getDescriptor();

  @Test
  void everyRpcIsAsPublished() throws IOException {
    assertThat(FILE.getServices().stream().flatMap(s -> s.getMethods().stream()).map(this::rpc))
        .containsExactlyInAnyOrderElementsOf(published("rpc"));
  }

  @Test
  void everyMessageIsPublished() throws IOException {
    assertThat(messages().map(m -> "message\t" + shortName(m.getFullName())))
        .containsExactlyInAnyOrderElementsOf(published("message"));
  }

  @Test
  void everyFieldIsAsPublished() throws IOException {
    assertThat(messages().flatMap(m -> m.getFields().stream()).map(this::field))
        .containsExactlyInAnyOrderElementsOf(published("field"));
  }

  @Test
  void everyEnumValueIsAsPublished() throws IOException {
    assertThat(
            enums()
                .flatMap(e -> e.getValues().stream())
                .map(
                    v ->
                        String.join(
                            "\t",
                            "enum",
                            shortName(v.getType().getFullName()),
                            Integer.toString(v.getNumber()),
                            v.getName())))
        .containsExactlyInAnyOrderElementsOf(published("enum"));
  }

  @Test
  void generatedServicesCarryThePublishedRpcs() throws IOException {
    var services =
        List.of(RuntimeServiceGrpc.getServiceDescriptor(), ImageServiceGrpc.getServiceDescriptor());
    assertThat(services.stream().map(ServiceDescriptor::getName))
        .containsExactly("runtime.v1.RuntimeService", "runtime.v1.ImageService");
    assertThat(
            services.stream().flatMap(s -> s.getMethods().stream()).map(m -> m.getFullMethodName()))
        .containsExactlyInAnyOrderElementsOf(
            published("rpc").stream()
                .map(line -> line.split("\t"))
                .map(c -> "runtime.v1." + c[1] + "/" + c[2])
                .toList());
    assertThat(services.stream().flatMap(s -> s.getMethods().stream()).map(m -> m.getType()))
        .containsOnly(MethodType.UNARY, MethodType.SERVER_STREAMING);
  }

  @Test
  void shimMessagesAreLite() {
    assertThat((Class<?>) ToShim.class.getSuperclass().getSuperclass())
        .isEqualTo(com.google.protobuf.AbstractMessageLite.class);
  }

  private String rpc(MethodDescriptor method) {
    assertThat(method.isClientStreaming()).as(method.getFullName()).isFalse();
    return String.join(
        "\t",
        "rpc",
        method.getService().getName(),
        method.getName(),
        method.getInputType().getFullName(),
        (method.isServerStreaming() ? "stream " : "") + method.getOutputType().getFullName());
  }

  private String field(FieldDescriptor field) {
    var oneof = field.getRealContainingOneof();
    boolean deprecated = field.getOptions().getDeprecated();
    String line =
        String.join(
            "\t",
            "field",
            shortName(field.getContainingType().getFullName()),
            Integer.toString(field.getNumber()),
            type(field),
            field.getName());
    if (oneof != null || deprecated) {
      line += "\t" + (oneof == null ? "" : oneof.getName());
    }
    return deprecated ? line + "\tdeprecated" : line;
  }

  private static String type(FieldDescriptor field) {
    if (field.isMapField()) {
      List<FieldDescriptor> entry = field.getMessageType().getFields();
      return "map<" + singleType(entry.get(0)) + "," + singleType(entry.get(1)) + ">";
    }
    return (field.isRepeated() ? "repeated " : "") + singleType(field);
  }

  private static String singleType(FieldDescriptor field) {
    return switch (field.getJavaType()) {
      case MESSAGE -> field.getMessageType().getFullName();
      case ENUM -> field.getEnumType().getFullName();
      case BOOLEAN, BYTE_STRING, DOUBLE, FLOAT, INT, LONG, STRING ->
          field.getType().name().toLowerCase(Locale.ROOT);
    };
  }

  private static Stream<Descriptor> messages() {
    return FILE.getMessageTypes().stream().flatMap(WireContractTest::withNested);
  }

  private static Stream<Descriptor> withNested(Descriptor message) {
    return Stream.concat(
        Stream.of(message),
        message.getNestedTypes().stream()
            .filter(nested -> !nested.getOptions().getMapEntry())
            .flatMap(WireContractTest::withNested));
  }

  private static Stream<EnumDescriptor> enums() {
    return Stream.concat(
        FILE.getEnumTypes().stream(), messages().flatMap(m -> m.getEnumTypes().stream()));
  }

  private static String shortName(String fullName) {
    assertThat(fullName).startsWith("runtime.v1.");
    return fullName.substring("runtime.v1.".length());
  }

  /** Returns the lines of one kind, without trailing empty columns. Fails if there are none. */
  private static List<String> published(String kind) throws IOException {
    try (InputStream in =
            Objects.requireNonNull(
                WireContractTest.class.getResourceAsStream("/cri-v1-wire.tsv"), "wire contract");
        var reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      var lines =
          reader
              .lines()
              .filter(line -> line.startsWith(kind + "\t"))
              .map(line -> String.join("\t", Arrays.asList(line.split("\t"))))
              .toList();
      assertThat(lines).as("published %s lines", kind).isNotEmpty();
      return lines;
    }
  }
}
