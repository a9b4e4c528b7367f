package io.jukung.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The command line is a client: it knows the protocols, terminals, and nothing of the daemon. */
@AnalyzeClasses(packages = "io.jukung.cli", importOptions = ImportOption.DoNotIncludeTests.class)
class DependencyLinesTest {
  @ArchTest
  static final ArchRule CLIENT_KNOWS_THE_PROTOCOLS_ALONE =
      classes()
          .that()
          .resideInAPackage("io.jukung.cli..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "io.jukung.cli..",
              "io.jukung.cri..",
              "io.jukung.client.v1..",
              "io.jukung.linux..",
              "picocli..",
              "com.fasterxml.jackson..",
              "com.google.protobuf..",
              "io.grpc..",
              "io.netty..",
              "java..",
              "javax.net.ssl..",
              "org.jspecify..");
}
