package io.jukung.engine;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/**
 * The engine is a client: it knows the protocols, and nothing of the daemon or the command line.
 */
@AnalyzeClasses(packages = "io.jukung.engine", importOptions = ImportOption.DoNotIncludeTests.class)
class DependencyLinesTest {
  @ArchTest
  static final ArchRule ENGINE_KNOWS_THE_PROTOCOLS_ALONE =
      classes()
          .that()
          .resideInAPackage("io.jukung.engine..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "io.jukung.engine..",
              "io.jukung.cri..",
              "io.jukung.client.v1..",
              "io.jukung.linux.process",
              "io.jukung.linux.terminal",
              "com.fasterxml.jackson..",
              "com.google.protobuf..",
              "io.grpc..",
              "io.netty..",
              "java..",
              "javax.net.ssl..",
              "org.jspecify..");

  @ArchTest
  static final ArchRule PACKAGES_HAVE_NO_CYCLES =
      slices().matching("io.jukung.engine.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule HTTP_KNOWS_NO_ROUTE =
      noClasses()
          .that()
          .resideInAPackage("io.jukung.engine.http")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.jukung.engine.container..",
              "io.jukung.engine.daemon..",
              "io.jukung.engine.request..");
}
