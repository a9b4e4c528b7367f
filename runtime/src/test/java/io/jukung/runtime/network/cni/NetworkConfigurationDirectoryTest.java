package io.jukung.runtime.network.cni;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NetworkConfigurationDirectoryTest {
  private static final String LIST =
      """
      {"cniVersion": "1.0.0", "name": "NAME", "disableCheck": true, "plugins": [
        {"type": "bridge", "ipam": {"type": "host-local"}, "unknown": [1.50, null]},
        {"type": "portmap", "capabilities": {"portMappings": true, "other": false}}]}
      """;

  @TempDir Path directory;
  private NetworkConfigurationDirectory configurations;

  @BeforeEach
  void open() {
    configurations = new NetworkConfigurationDirectory(directory);
  }

  @Test
  void firstValidFileByNameIsTheNetwork() throws IOException {
    write("20-b.conflist", LIST.replace("NAME", "second"));
    write("10-a.conflist", LIST.replace("NAME", "first"));
    write("9-c.conflist", LIST.replace("NAME", "third"));
    assertThat(network().name()).isEqualTo("first");
    assertThat(network().version()).isEqualTo(CniVersion.V1_0_0);
    assertThat(network().disableCheck()).isTrue();
    assertThat(network().plugins())
        .extracting(PluginConfiguration::type)
        .containsExactly("bridge", "portmap");
  }

  @Test
  void invalidFilesAreSkippedAndReported() throws IOException {
    write("1-broken.conflist", "{\"name\": \"x\", \"plugins\": [");
    write("2-nameless.conf", "{\"type\": \"bridge\"}");
    write("3-list.conf", LIST.replace("NAME", "list"));
    Files.createSymbolicLink(directory.resolve("4-dangling.conf"), Path.of("nowhere"));
    write("5-good.conflist", LIST.replace("NAME", "good"));
    write("6-never-read.conflist", "{");
    NetworkConfigurationDirectory.Contents contents = configurations.contents();
    assertThat(contents.network().orElseThrow().name()).isEqualTo("good");
    assertThat(contents.problems()).hasSize(4);
    assertThat(contents.problems().get(0))
        .contains("1-broken.conflist: not JSON")
        .contains("line 1");
    assertThat(contents.problems().get(1)).endsWith("2-nameless.conf: no \"name\"");
    assertThat(contents.problems().get(2)).contains("3-list.conf").contains(".conflist");
    assertThat(contents.problems().get(3)).contains("4-dangling.conf").contains("no such file");
  }

  @Test
  void filesWithOtherSuffixesAreIgnored() throws IOException {
    write("10-a.conflist.bak", LIST.replace("NAME", "bak"));
    write("README", "hello");
    Files.createDirectory(directory.resolve("10-dir.conf"));
    assertThat(configurations.contents().network()).isEmpty();
    assertThat(configurations.contents().problems()).isEmpty();
  }

  @Test
  void missingDirectoryHoldsNoNetwork() throws IOException {
    Path missing = directory.resolve("missing");
    NetworkConfigurationDirectory none = new NetworkConfigurationDirectory(missing);
    assertThat(none.contents().network()).isEmpty();
    Files.createDirectory(missing);
    Files.writeString(missing.resolve("a.conflist"), LIST.replace("NAME", "later"));
    assertThat(none.contents().network().orElseThrow().name()).isEqualTo("later");
  }

  @Test
  void changedFilesAreReadAgainAndUnchangedFilesAreNot() throws IOException {
    write("a.conflist", LIST.replace("NAME", "one"));
    NetworkConfigurationDirectory.Contents first = configurations.contents();
    assertThat(configurations.contents()).isSameAs(first);
    write("a.conflist", LIST.replace("NAME", "two"));
    assertThat(network().name()).isEqualTo("two");
    write("0.conflist", LIST.replace("NAME", "zero"));
    assertThat(network().name()).isEqualTo("zero");
    Files.delete(directory.resolve("0.conflist"));
    assertThat(network().name()).isEqualTo("two");
    Files.delete(directory.resolve("a.conflist"));
    assertThat(configurations.contents().network()).isEmpty();
  }

  @Test
  void fileWithASinglePluginIsANetwork() throws IOException {
    write("10-x.json", "{\"name\": \"old\", \"type\": \"bridge\", \"cniVersion\": \"0.3.1\"}");
    assertThat(network().name()).isEqualTo("old");
    assertThat(network().version()).isEqualTo(CniVersion.V0_3_1);
    assertThat(network().plugins()).hasSize(1);
    write("10-x.json", "{\"name\": \"older\", \"type\": \"bridge\"}");
    assertThat(network().version()).isEqualTo(CniVersion.V0_1_0);
  }

  @Test
  void pluginsInFilesOfTheirOwnAreAppended() throws IOException {
    write("10-a.conflist", LIST.replace("NAME", "net"));
    assertThat(network().plugins()).hasSize(2);
    Files.createDirectory(directory.resolve("net"));
    write("net/20-tuning.conf", "{\"type\": \"tuning\"}");
    write("net/10-firewall.conf", "{\"type\": \"firewall\"}");
    write("net/30-ignored.txt", "{");
    assertThat(network().plugins())
        .extracting(PluginConfiguration::type)
        .containsExactly("bridge", "portmap", "firewall", "tuning");
    write("net/20-tuning.conf", "{}");
    assertThat(configurations.contents().problems().getFirst())
        .contains("net/20-tuning.conf: a plugin has no \"type\"");
    write(
        "10-a.conflist",
        LIST.replace("NAME", "net").replaceFirst("\\{", "{\"loadOnlyInlinedPlugins\": true, "));
    assertThat(network().plugins()).hasSize(2);
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      value = {
        "{}                                                           | no \"name\"",
        "{\"name\": 7}                                                | no \"name\"",
        "[]                                                           | not a JSON object",
        "``                                                           | empty",
        "{\"name\": \"a/b\", \"plugins\": [{\"type\": \"x\"}]}        | not a network's name: a/b",
        "{\"name\": \"..\", \"plugins\": [{\"type\": \"x\"}]}         | not a network's name: ..",
        "{\"name\": \"a\"}                                            | no plugins",
        "{\"name\": \"a\", \"plugins\": []}                           | not a list with plugins",
        "{\"name\": \"a\", \"plugins\": {}}                           | not a list with plugins",
        "{\"name\": \"a\", \"plugins\": [1]}                          | a plugin is not an object",
        "{\"name\": \"a\", \"plugins\": [{}]}                         | a plugin has no \"type\"",
        "{\"name\": \"a\", \"plugins\": [{\"type\": \"../x\"}]}       | \"../x\" is not the name",
        "{\"name\": \"a\", \"plugins\": [{\"type\": \"..\"}]}         | \"..\" is not the name",
        "{\"name\": \"a\", \"loadOnlyInlinedPlugins\": true}          | loadOnlyInlinedPlugins",
        "{\"name\": \"a\", \"disableGC\": 7, \"plugins\": [{\"type\": \"x\"}]} | neither true nor"
            + " false",
        "{\"name\": \"a\", \"cniVersion\": \"9.0.0\", \"plugins\": [{\"type\": \"x\"}]} | 9.0.0 is"
            + " none",
      })
  void wrongConfigurationIsReported(String document, String problem) throws IOException {
    write("a.conflist", document);
    assertThat(configurations.contents().network()).isEmpty();
    assertThat(configurations.contents().problems().getFirst()).contains(problem);
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        "1.0.0, -, 1.0.0",
        "-, -, 0.1.0",
        "0.4.0, 0.3.1 1.0.0 1.1.0 2.0.0, 1.1.0",
        "1.0.0, 0.3.1 0.4.0, 1.0.0",
        "2.0.0, 0.3.1 0.4.0, 0.4.0",
        "-, 0.3.1 1.0.0, 1.0.0",
      })
  void highestVersionThatBothSupportIsTaken(String single, String several, String expected)
      throws IOException {
    String versions =
        (single == null ? "" : "\"cniVersion\": \"" + single + "\", ")
            + (several == null
                ? ""
                : "\"cniVersions\": [\"" + String.join("\", \"", several.split(" ")) + "\"], ");
    write("a.conflist", "{" + versions + "\"name\": \"a\", \"plugins\": [{\"type\": \"x\"}]}");
    assertThat(network().version()).hasToString(expected);
  }

  @Test
  void tooLargeFileIsNotRead() throws IOException {
    write("a.conf", " ".repeat(1 << 20) + "{}");
    assertThat(configurations.contents().problems().getFirst()).contains("larger than");
  }

  @Test
  void damagedFilesAreReadOrReported() throws IOException {
    Random random = new Random(20260201);
    String good = LIST.replace("NAME", "net");
    int refused = 0;
    for (int round = 0; round < 1000; round++) {
      StringBuilder text = new StringBuilder(good);
      for (int edits = 1 + random.nextInt(3); edits > 0; edits--) {
        int at = random.nextInt(text.length());
        if (random.nextBoolean()) {
          text.deleteCharAt(at);
        } else {
          text.setCharAt(at, "{}[]\",:x0".charAt(random.nextInt(9)));
        }
      }
      try {
        NetworkConfiguration.parseList(
            text.toString().getBytes(StandardCharsets.UTF_8), name -> List.of());
      } catch (IOException e) {
        refused++;
      }
    }
    assertThat(refused).isBetween(1, 999);
  }

  @Test
  void requestHasDeclaredCapabilitiesAndAllKeysOfThePlugin() throws IOException {
    write("a.conflist", LIST.replace("NAME", "net"));
    var arguments =
        CniJson.parseObject(
            "{\"portMappings\": [{\"hostPort\": 1}], \"other\": 1, \"dns\": {}}"
                .getBytes(StandardCharsets.UTF_8));
    var previous = CniJson.parseObject("{\"ips\": []}".getBytes(StandardCharsets.UTF_8));
    assertThat(network().plugins().get(0).request(network(), arguments, null).toString())
        .isEqualTo(
            "{\"type\":\"bridge\",\"ipam\":{\"type\":\"host-local\"},\"unknown\":[1.50,null],"
                + "\"name\":\"net\",\"cniVersion\":\"1.0.0\"}");
    assertThat(network().plugins().get(1).request(network(), arguments, previous).toString())
        .isEqualTo(
            "{\"type\":\"portmap\",\"name\":\"net\",\"cniVersion\":\"1.0.0\","
                + "\"runtimeConfig\":{\"portMappings\":[{\"hostPort\":1}]},"
                + "\"prevResult\":{\"ips\":[]}}");
  }

  private NetworkConfiguration network() {
    return configurations.contents().network().orElseThrow();
  }

  private void write(String name, String content) throws IOException {
    Files.writeString(directory.resolve(name), content);
  }
}
