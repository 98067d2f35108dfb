"""Tests of pulling from admin APIs."""
