package io.jukung.runtime.call;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.cri.v1.CreateContainerRequest;
import io.jukung.cri.v1.PullImageRequest;
import io.jukung.cri.v1.RunPodSandboxRequest;
import io.jukung.runtime.call.RequestFields.Listed;
import io.jukung.runtime.call.RequestFields.Treatment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class RequestFieldsTest {
  private static final FileDescriptor PROTOCOL = RunPodSandboxRequest.getDescriptor().getFile();

  private final List<Listed> all = RequestFields.list();

  private static Set<Descriptor> requests() {
    return PROTOCOL.getServices().stream()
        .flatMap(service -> service.getMethods().stream())
        .map(MethodDescriptor::getInputType)
        .collect(Collectors.toSet());
  }

  /** The fields without fields of their own, except those below a message that is listed itself. */
  private static void leaves(
      Descriptor type, String path, Set<String> listed, List<String> result) {
    for (FieldDescriptor field : type.getFields()) {
      String name = path.isEmpty() ? field.getName() : path + "." + field.getName();
      boolean inner =
          field.getJavaType() == FieldDescriptor.JavaType.MESSAGE
              && !field.isMapField()
              && !listed.contains(name);
      if (inner) {
        leaves(field.getMessageType(), name, listed, result);
      } else {
        result.add(name);
      }
    }
  }

  @Test
  void everyFieldOfEveryRequestIsListedOnce() {
    assertThat(requests()).hasSizeGreaterThan(35);
    for (Descriptor request : requests()) {
      List<String> listed =
          all.stream()
              .filter(each -> each.request().equals(request.getName()))
              .map(Listed::path)
              .toList();
      List<String> leaves = new ArrayList<>();
      leaves(request, "", new HashSet<>(listed), leaves);
      assertThat(listed).as(request.getName()).containsExactlyInAnyOrderElementsOf(leaves);
    }
    assertThat(all)
        .extracting(Listed::request)
        .isSubsetOf(requests().stream().map(Descriptor::getName).toList());
  }

  private static FieldDescriptor field(Listed listed) {
    FieldDescriptor found = null;
    Descriptor type = PROTOCOL.findMessageTypeByName(listed.request());
    for (String name : listed.path().split("\\.", -1)) {
      found = type.findFieldByName(name);
      if (found.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
        type = found.getMessageType();
      }
    }
    return Objects.requireNonNull(found);
  }

  private static boolean isText(FieldDescriptor field) {
    return field.isMapField()
        || field.getJavaType() == FieldDescriptor.JavaType.STRING
        || field.getJavaType() == FieldDescriptor.JavaType.BYTE_STRING;
  }

  @Test
  void textHasAKindAndWhatHasNoEffectAReason() {
    for (Listed each : all) {
      assertThat(each.kind() != null).as("kind of %s", each).isEqualTo(isText(field(each)));
      assertThat(!each.reason().isEmpty())
          .as("reason of %s", each)
          .isEqualTo(each.treatment() == Treatment.NOTHING);
    }
  }

  @Test
  void errorNamesTheCallAndTheField() {
    CreateContainerRequest.Builder request = CreateContainerRequest.newBuilder();
    request.getConfigBuilder().addMountsBuilder().setHostPath("/a\nb");
    assertThatThrownBy(() -> RequestFields.check(request.build()))
        .isInstanceOfSatisfying(
            CriException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.INVALID_ARGUMENT))
        .hasMessage(
            "CreateContainer: config.mounts.host_path has the control character U+000A at index 2");
  }

  @Test
  void listsAndBytesAreChecked() {
    CreateContainerRequest.Builder request = CreateContainerRequest.newBuilder();
    request.getConfigBuilder().addCommand("sh").addCommand("a\0b");
    assertThatThrownBy(() -> RequestFields.check(request.build()))
        .hasMessageContaining("config.command has a zero byte at index 1");
    request.getConfigBuilder().clearCommand();
    request
        .getConfigBuilder()
        .addEnvsBuilder()
        .setKey("A")
        .setValue(ByteString.copyFromUtf8("x".repeat(131_072)));
    assertThatThrownBy(() -> RequestFields.check(request.build()))
        .hasMessageContaining("config.envs.value has 131072 bytes")
        .hasMessageNotContaining("xx");
    request.getConfigBuilder().clearEnvs();
    request
        .getConfigBuilder()
        .getLinuxBuilder()
        .getResourcesBuilder()
        .addHugepageLimitsBuilder()
        .setPageSize("2MB\u001b");
    assertThatThrownBy(() -> RequestFields.check(request.build()))
        .hasMessageContaining(
            "config.linux.resources.hugepage_limits.page_size has the control character U+001B");
  }

  @Test
  void textThatIsKeptMayBeAnything() {
    RunPodSandboxRequest.Builder request = RunPodSandboxRequest.newBuilder();
    request.getConfigBuilder().putLabels("a\nb", "\u202e".repeat(1 << 20)).putAnnotations("", "\0");
    assertThatCode(() -> RequestFields.check(request.build())).doesNotThrowAnyException();
  }

  @Test
  void fieldsWithoutEffectAreNotLookedInto() {
    PullImageRequest.Builder request = PullImageRequest.newBuilder();
    request.getSandboxConfigBuilder().setHostname("\0").putAllLabels(Map.of("a", "b"));
    assertThatCode(() -> RequestFields.check(request.build())).doesNotThrowAnyException();
  }
}
