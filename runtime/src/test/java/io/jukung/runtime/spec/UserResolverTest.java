package io.jukung.runtime.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.cri.v1.Int64Value;
import io.jukung.cri.v1.LinuxContainerSecurityContext;
import io.jukung.cri.v1.SupplementalGroupsPolicy;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UserResolverTest {
  private static final String PASSWD =
      """
      root:x:0:0:root:/root:/bin/sh
      app:x:1000:1001:App:/home/app:/bin/sh
      1000x:x:1002:1002::/home/odd:/bin/sh
      evil:x:4294967296:0::/:/bin/sh
      12:x:0:0:digits that mean root:/root:/bin/sh
      nohome:x:77:77
      broken line
      newline:x:78:78::relative:/bin/sh
      """;
  private static final String GROUP =
      """
      root:x:0:
      app:x:1001:
      data:x:2000:app,other
      logs:x:2001:other,app
      big:x:4294967296:evil2
      """;
  private static final LinuxContainerSecurityContext NONE =
      LinuxContainerSecurityContext.getDefaultInstance();

  @ParameterizedTest(name = "USER {0}: {1}:{2} groups {3} home {4}")
  @CsvSource({
    "'',         0,    0,    0,              /root",
    "root,       0,    0,    0,              /root",
    "app,        1000, 1001, 1001 2000 2001, /home/app",
    "1000,       1000, 1001, 1001 2000 2001, /home/app",
    "app:data,   1000, 2000, 2000 2001,      /home/app",
    "app:7,      1000, 7,    7 2000 2001,    /home/app",
    "555,        555,  0,    0,              /",
    "555:556,    555,  556,  556,            /",
    "2147483647, 2147483647, 0, 0,           /",
    "1000x,      1002, 1002, 1002,           /home/odd",
    "12,         12,   0,    0,              /",
    "nohome,     77,   77,   77,             /",
    "newline,    78,   78,   78,             /",
  })
  void imageUserIsResolvedWithTheImagesAccountFiles(
      String user, int uid, int gid, String groups, String home) {
    ContainerUser resolved = UserResolver.resolve(NONE, user, files());
    assertThat(resolved.uid()).isEqualTo(uid);
    assertThat(resolved.gid()).isEqualTo(gid);
    assertThat(resolved.supplementalGroups()).isEqualTo(numbers(groups));
    assertThat(resolved.home()).isEqualTo(home);
  }

  @ParameterizedTest
  @CsvSource({"root:, 0, 0", "1234:, 1234, 0", ":1000, 0, 1000"})
  void emptySideOfTheColonIsTheDefault(String user, int uid, int gid) {
    ContainerUser resolved = UserResolver.resolve(NONE, user, files());
    assertThat(resolved.uid()).isEqualTo(uid);
    assertThat(resolved.gid()).isEqualTo(gid);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nobody",
        "app:nogroup",
        "2147483648",
        "4294967296",
        "99999999999999999999",
        "evil",
        ":",
        "-1",
        "1:2147483648",
        "1:big",
      })
  void invalidUserIsRefused(String user) {
    assertThatThrownBy(() -> UserResolver.resolve(NONE, user, files()))
        .isInstanceOfSatisfying(
            CriException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.INVALID_ARGUMENT));
  }

  @Test
  void requestedUserOverridesTheImagesUser() {
    assertThat(UserResolver.resolve(user(1000), "root", files()).uid()).isEqualTo(1000);
    assertThat(
            UserResolver.resolve(
                    LinuxContainerSecurityContext.newBuilder().setRunAsUsername("app").build(),
                    "root",
                    files())
                .uid())
        .isEqualTo(1000);
    LinuxContainerSecurityContext withGroup =
        user(1000).toBuilder().setRunAsGroup(Int64Value.newBuilder().setValue(5)).build();
    assertThat(UserResolver.resolve(withGroup, "root", files()).gid()).isEqualTo(5);
  }

  @Test
  void groupWithoutUserIsRefused() {
    LinuxContainerSecurityContext groupOnly =
        LinuxContainerSecurityContext.newBuilder()
            .setRunAsGroup(Int64Value.newBuilder().setValue(5))
            .build();
    assertThatThrownBy(() -> UserResolver.resolve(groupOnly, "app", files()))
        .hasMessageContaining("run_as_group 5 is set without a user");
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, 2147483648L, 4294967296L, Long.MAX_VALUE, Long.MIN_VALUE})
  void numbersOutOfRangeAreRefused(long id) {
    assertThatThrownBy(() -> UserResolver.resolve(user(id), "", files()))
        .hasMessageContaining("run_as_user " + id);
    LinuxContainerSecurityContext groups =
        LinuxContainerSecurityContext.newBuilder().addSupplementalGroups(id).build();
    assertThatThrownBy(() -> UserResolver.resolve(groups, "", files()))
        .hasMessageContaining("supplemental_groups " + id);
  }

  @Test
  void supplementalGroupsAreMergedUnlessThePolicyIsStrict() {
    LinuxContainerSecurityContext merge =
        user(1000).toBuilder().addSupplementalGroups(9).addSupplementalGroups(2000).build();
    assertThat(UserResolver.resolve(merge, "", files()).supplementalGroups())
        .containsExactly(9, 1001, 2000, 2001);
    LinuxContainerSecurityContext strict =
        merge.toBuilder().setSupplementalGroupsPolicy(SupplementalGroupsPolicy.Strict).build();
    assertThat(UserResolver.resolve(strict, "", files()).supplementalGroups())
        .containsExactly(9, 1001, 2000);
  }

  @Test
  void filesAreReadInsideTheRootAndBounded(@TempDir Path root) throws IOException {
    Files.createDirectory(root.resolve("etc"));
    assertThat(read(root).named("root")).isEmpty();

    Path passwd = root.resolve("etc/passwd");
    Files.createSymbolicLink(passwd, Path.of("/etc/passwd"));
    assertThatThrownBy(() -> read(root)).as("a link to itself inside the root").isNotNull();
    Files.delete(passwd);

    Files.createDirectory(passwd);
    assertThatThrownBy(() -> read(root)).hasMessageContaining("directory");
    Files.delete(passwd);

    try (RandomAccessFile sparse = new RandomAccessFile(passwd.toFile(), "rw")) {
      sparse.setLength(10L << 30);
    }
    assertThatThrownBy(() -> read(root)).hasMessageContaining("/etc/passwd");
    Files.delete(passwd);

    Files.writeString(passwd, PASSWD);
    assertThat(read(root).named("app")).isPresent();
  }

  private static AccountFiles read(Path root) throws IOException {
    try (Fd directory = HostFile.openDirectory(root)) {
      return AccountFiles.read(directory);
    }
  }

  private static AccountFiles files() {
    return AccountFiles.parse(PASSWD, GROUP);
  }

  private static LinuxContainerSecurityContext user(long uid) {
    return LinuxContainerSecurityContext.newBuilder()
        .setRunAsUser(Int64Value.newBuilder().setValue(uid))
        .build();
  }

  private static List<Integer> numbers(String text) {
    return List.of(text.split(" ", -1)).stream().map(Integer::valueOf).toList();
  }
}
