package io.jukung.runtime.sandboxfiles;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.linux.namespace.IdMappings;
import io.jukung.runtime.store.SandboxRecord.Dns;
import io.jukung.runtime.store.StatePaths;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SandboxFilesTest {
  private static final String ID = "abc";
  private static final String LOCAL_RESOLVER = "nameserver 127.0.0.53\noptions edns0\n";

  @TempDir Path directory;
  private StatePaths paths;
  private HostFiles host;
  private SandboxFiles files;

  @BeforeEach
  void makeHost() throws IOException {
    paths = new StatePaths(directory.resolve("root"), directory.resolve("state"));
    StatePaths.createPrivate(paths.sandboxState(ID));
    host =
        new HostFiles(
            directory.resolve("hosts"),
            directory.resolve("resolv.conf"),
            directory.resolve("upstream.conf"));
    Files.writeString(host.hosts(), "192.0.2.1 host\n");
    Files.writeString(host.resolvConf(), "nameserver 192.0.2.53\n");
    files = new SandboxFiles(paths, host);
  }

  @Test
  void hostsFileMapsThePodsAddressesToItsName() throws IOException {
    files.write(names("web-0", List.of("10.88.0.2", "fd00::2"), null));
    assertThat(paths.hostname(ID)).hasContent("web-0\n");
    assertThat(Files.readAllLines(paths.hosts(ID)))
        .startsWith("127.0.0.1\tlocalhost", "::1\tlocalhost ip6-localhost ip6-loopback")
        .endsWith("10.88.0.2\tweb-0", "fd00::2\tweb-0")
        .doesNotContain("192.0.2.1 host");
  }

  @Test
  void podInTheHostNetworkGetsTheHostsFileOfTheHost() throws IOException {
    files.write(new SandboxFiles.Names(ID, "node", true, List.of(), List.of(), null, null));
    assertThat(paths.hosts(ID)).hasContent("192.0.2.1 host\n");
    Files.delete(host.hosts());
    files.write(new SandboxFiles.Names(ID, "node", true, List.of(), List.of(), null, null));
    assertThat(paths.hosts(ID)).isEmptyFile();
  }

  @Test
  void resolvConfHasTheRequestedServersSearchesAndOptions() throws IOException {
    Dns dns =
        new Dns(
            List.of("10.96.0.10", "fd00::10"),
            List.of("default.svc.cluster.local", "cluster.local"),
            List.of("ndots:5", "edns0"));
    files.write(names("web-0", List.of(), dns));
    assertThat(paths.resolvConf(ID))
        .hasContent(
            """
            search default.svc.cluster.local cluster.local
            nameserver 10.96.0.10
            nameserver fd00::10
            options ndots:5 edns0
            """);
    files.write(names("web-0", List.of(), new Dns(List.of(), List.of(), List.of("ndots:1"))));
    assertThat(paths.resolvConf(ID)).hasContent("options ndots:1\n");
  }

  @Test
  void withoutDnsConfigResolvConfIsThatOfTheHost() throws IOException {
    files.write(names("web-0", List.of(), null));
    assertThat(paths.resolvConf(ID)).hasContent("nameserver 192.0.2.53\n");
    files.write(names("web-0", List.of(), new Dns(List.of(), List.of(), List.of())));
    assertThat(paths.resolvConf(ID)).hasContent("nameserver 192.0.2.53\n");
  }

  @Test
  void symlinkedResolvConfOfTheHostIsFollowed() throws IOException {
    Files.move(host.resolvConf(), directory.resolve("elsewhere"));
    Files.createSymbolicLink(host.resolvConf(), Path.of("elsewhere"));
    files.write(names("web-0", List.of(), null));
    assertThat(Files.isSymbolicLink(paths.resolvConf(ID))).isFalse();
    assertThat(paths.resolvConf(ID)).hasContent("nameserver 192.0.2.53\n");
    Files.delete(directory.resolve("elsewhere"));
    files.write(names("web-0", List.of(), null));
    assertThat(paths.resolvConf(ID)).isEmptyFile();
  }

  @Test
  void loopbackResolverIsReplacedByItsUpstreamServers() throws IOException {
    Files.writeString(host.resolvConf(), LOCAL_RESOLVER);
    files.write(names("web-0", List.of(), null));
    assertThat(paths.resolvConf(ID)).hasContent(LOCAL_RESOLVER);
    Files.writeString(host.upstreamResolvConf(), "nameserver 192.0.2.99\n");
    files.write(names("web-0", List.of(), null));
    assertThat(paths.resolvConf(ID)).hasContent("nameserver 192.0.2.99\n");
    files.write(new SandboxFiles.Names(ID, "node", true, List.of(), List.of(), null, null));
    assertThat(paths.resolvConf(ID)).hasContent(LOCAL_RESOLVER);
    Files.writeString(host.resolvConf(), LOCAL_RESOLVER + "nameserver 192.0.2.53\n");
    files.write(names("web-0", List.of(), null));
    assertThat(paths.resolvConf(ID)).content().contains("127.0.0.53", "192.0.2.53");
  }

  @Test
  void moreHostsStandInTheFileAlsoOnTheHostsNetwork() throws IOException {
    List<List<String>> more = List.of(List.of("192.0.2.7", "db"));
    files.write(new SandboxFiles.Names(ID, "web-0", false, List.of("10.0.0.2"), more, null, null));
    assertThat(paths.hosts(ID)).content().contains("192.0.2.7\tdb\n", "10.0.0.2\tweb-0\n");
    Files.writeString(host.hosts(), "192.0.2.1 host");
    files.write(new SandboxFiles.Names(ID, "node", true, List.of(), more, null, null));
    assertThat(paths.hosts(ID)).hasContent("192.0.2.1 host\n192.0.2.7\tdb\n");
    List<List<String>> wrong = List.of(List.of("192.0.2.7", "a b"));
    assertThatThrownBy(() -> new SandboxFiles.Names(ID, "node", true, List.of(), wrong, null, null))
        .hasMessageContaining("hosts contains a space");
  }

  @Test
  void filesAreReadableInContainersAndTheirDirectoryIsPrivate() throws IOException {
    files.write(names("web-0", List.of(), null));
    for (Path file : List.of(paths.hostname(ID), paths.hosts(ID), paths.resolvConf(ID))) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
          .isEqualTo("rw-r--r--");
    }
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(paths.sandboxState(ID))))
        .isEqualTo("rwx------");
    assertThat(paths.sandboxState(ID)).isDirectoryNotContaining("glob:**/.*");
  }

  @Test
  void filesBelongToTheRootOfThePodsUserNamespace() throws IOException {
    IdMappings user =
        new IdMappings(
            new IdMappings.Range(200_000, 65_536), new IdMappings.Range(300_000, 65_536));
    files.write(new SandboxFiles.Names(ID, "web-0", false, List.of(), List.of(), null, user));
    for (Path file : List.of(paths.hostname(ID), paths.hosts(ID), paths.resolvConf(ID))) {
      assertThat(Files.getAttribute(file, "unix:uid")).isEqualTo(200_000);
      assertThat(Files.getAttribute(file, "unix:gid")).isEqualTo(300_000);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"10.0.0.1\nnameserver 6.6.6.6", "a b", "a\tb", "\u0000"})
  void valueWithWhitespaceOrControlCharacterIsRefused(String value) {
    for (Dns dns :
        List.of(
            new Dns(List.of(value), List.of(), List.of()),
            new Dns(List.of(), List.of(value), List.of()),
            new Dns(List.of(), List.of(), List.of(value)))) {
      assertThatThrownBy(() -> names("web-0", List.of(), dns))
          .isInstanceOfSatisfying(
              CriException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.INVALID_ARGUMENT))
          .hasMessageContaining("dns_config.");
    }
    assertThatThrownBy(() -> names(value, List.of(), null)).hasMessageContaining("hostname");
  }

  @Test
  void endlessHostFileIsRefused() throws IOException {
    Files.delete(host.resolvConf());
    Files.createSymbolicLink(host.resolvConf(), Path.of("/dev/zero"));
    assertThatThrownBy(() -> files.write(names("web-0", List.of(), null)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("more than");
  }

  private static SandboxFiles.Names names(
      String hostname, List<String> addresses, @Nullable Dns dns) {
    return new SandboxFiles.Names(ID, hostname, false, addresses, List.of(), dns, null);
  }
}
