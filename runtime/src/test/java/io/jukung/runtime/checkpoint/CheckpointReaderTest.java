package io.jukung.runtime.checkpoint;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is taken of a checkpoint, and what is refused. */
class CheckpointReaderTest {
  private static final String ID = "sha256:" + "a".repeat(64);

  private @TempDir Path directory;

  private record Member(String name, long size, String content) {}

  /** A checkpoint in memory, which may lie about the sizes of its members. */
  private static final class Fake implements CheckpointSource {
    private final List<Member> members = new ArrayList<>();

    Fake add(String name, String content) {
      return add(name, content.length(), content);
    }

    Fake add(String name, long size, String content) {
      members.add(new Member(name, size, content));
      return this;
    }

    @Override
    public void visit(Visitor visitor) throws IOException {
      for (Member each : members) {
        visitor.member(each.name(), each.size(), out -> out.write(each.content().getBytes(UTF_8)));
      }
    }

    @Override
    public String name() {
      return "fake";
    }

    @Override
    public void close() {}
  }

  private static Fake whole() {
    return new Fake()
        .add("config.dump", "{\"rootfsImageRef\": \"" + ID + "\"}")
        .add("checkpoint/inventory.img", "1")
        .add("checkpoint/pstree.img", "2")
        .add("checkpoint/files.img", "3")
        .add("checkpoint/descriptors.json", "[\"file[1a:2]\", \"pipe:[7]\", \"\"]");
  }

  private RestoreFiles files() throws IOException {
    RestoreFiles files = new RestoreFiles(directory.resolve("restore"));
    files.create();
    return files;
  }

  private void assertRefused(Fake source, String why) {
    assertThatThrownBy(() -> CheckpointReader.copy(source, files())).hasMessageContaining(why);
  }

  @Test
  void filesOfKnownNamesAreCopied() throws Exception {
    RestoreFiles files = files();
    CheckpointReader.copy(
        whole().add("rootfs-diff.tar", "tar").add("dump.log", "log").add("spec.dump", "{}"), files);
    assertThat(files.images())
        .isDirectoryContaining("glob:**/inventory.img")
        .isDirectoryContaining("glob:**/descriptors.json");
    assertThat(files.rootDifference()).hasContent("tar");
    assertThat(files.directory().resolve("dump.log")).doesNotExist();
    assertThat(CheckpointReader.streams(files)).containsExactly("file[1a:2]", "pipe:[7]", "");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/etc/passwd",
        "../x",
        "checkpoint/../../x",
        "checkpoint/a/core-1.img",
        "checkpoint/",
        "checkpoint/core-1.img\n",
        "core-1.img",
        "bind.mounts"
      })
  void otherNamesAreRefused(String name) {
    assertRefused(whole().add(name, ""), "which no restore here knows");
  }

  @Test
  void nameThatIsThereTwiceIsRefused() {
    assertRefused(whole().add("checkpoint/files.img", ""), "twice");
  }

  @Test
  void moreBytesThanTheLimitAreRefusedBeforeTheyAreCopied() {
    assertRefused(whole().add("checkpoint/pages-1.img", 1L << 40, ""), "too many files or bytes");
  }

  @Test
  void moreFilesThanTheLimitAreRefused() {
    Fake many = new Fake();
    for (int i = 0; i <= 100_000; i++) {
      many.add("checkpoint/core-" + i + ".img", "");
    }
    assertRefused(many, "too many files or bytes");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "{\"rootfsImageRef\": \"busybox\"}",
        "{\"rootfsImageRef\": \"sha256:../../x\"}"
      })
  void configThatDoesNotNameTheImageIsRefused(String config) {
    assertThatThrownBy(() -> CheckpointReader.baseImage(new Fake().add("config.dump", config)))
        .hasMessageContaining("rootfsImageRef");
  }

  @Test
  void imageIsReadFromTheConfig() throws Exception {
    assertThat(CheckpointReader.baseImage(whole())).isEqualTo(ID);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{}",
        "[\"\", \"\"]",
        "[\"/etc/passwd\", \"\", \"\"]",
        "[\"pipe:[1]:x\", \"\", \"\"]",
        "[\"\", \"socket:[1]\", \"\"]",
        "nonsense"
      })
  void streamsThatNoShimHasAreRefused(String descriptors) throws Exception {
    Fake source = whole();
    source.members.removeLast();
    RestoreFiles files = files();
    CheckpointReader.copy(source.add("checkpoint/descriptors.json", descriptors), files);
    assertThatThrownBy(() -> CheckpointReader.streams(files))
        .hasMessageContaining("does not name three streams");
  }
}
